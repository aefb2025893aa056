"""Drawings whose colours run into each other: app icons, spheres, meshes of light, ribbons, shaded logos."""

from __future__ import annotations

import math
from collections.abc import Sequence

from svgai.training.drawings.dice import Dice, colour, lightness
from svgai.training.drawings.page import Page, box, disc, ground, number, on_circle, page, path, smooth
from svgai.training.drawings.symbols import ABSTRACT, BACKINGS, THINGS


class Paints:
    """The gradients of one drawing."""

    def __init__(self, dice: Dice) -> None:
        self.dice = dice
        self.definitions: list[str] = []

    def linear(self, colours: Sequence[str], turn: float | None = None, opacities: tuple[float, float] = (1, 1)) -> str:
        """A fill across the shape's box, and its reference."""
        turn = self.dice.pick((0, 0.125, 0.25, 0.375, self.dice.between(0, 1))) if turn is None else turn
        x, y = 0.5 + 0.5 * math.cos(2 * math.pi * turn), 0.5 + 0.5 * math.sin(2 * math.pi * turn)
        place = f'x1="{number(1 - x)}" y1="{number(1 - y)}" x2="{number(x)}" y2="{number(y)}"'
        return self._kept("linearGradient", place, colours, opacities)

    def radial(
        self,
        colours: Sequence[str],
        at: tuple[float, float] = (0.5, 0.5),
        reach: float = 0.6,
        opacities: tuple[float, float] = (1, 1),
    ) -> str:
        place = f'cx="{number(at[0])}" cy="{number(at[1])}" r="{number(reach)}"'
        return self._kept("radialGradient", place, colours, opacities)

    def any(self, colours: Sequence[str]) -> str:
        if self.dice.chance(0.65):
            return self.linear(colours)
        return self.radial(
            colours, (self.dice.between(0.2, 0.8), self.dice.between(0.2, 0.8)), self.dice.between(0.5, 0.9)
        )

    def _kept(self, kind: str, place: str, colours: Sequence[str], opacities: tuple[float, float]) -> str:
        last = len(colours) - 1
        stops = "".join(
            f'<stop offset="{number(n / last)}" stop-color="{each}"'
            f' stop-opacity="{number(opacities[0] + (opacities[1] - opacities[0]) * n / last)}"/>'
            for n, each in enumerate(colours)
        )
        name = f"g{len(self.definitions)}"
        self.definitions.append(f'<{kind} id="{name}" {place}>{stops}</{kind}>')
        return f"url(#{name})"


def blend(dice: Dice, count: int | None = None) -> list[str]:
    """Colours that run into each other well, and are far enough apart to be seen to do so."""
    count = count or dice.weighed({2: 0.6, 3: 0.3, 4: 0.1})
    while True:
        hue, drift = dice.between(0, 1), dice.pick((-1, 1)) * dice.between(0.03, 0.2)
        light = dice.between(0.55, 1), dice.between(0.2, 0.95)
        colours = [
            colour(hue + drift * n, dice.between(0.4, 1), light[0] + (light[1] - light[0]) * n / (count - 1))
            for n in range(count)
        ]
        if _distance(colours[0], colours[-1]) >= 90:
            return colours


def _distance(one: str, other: str) -> float:
    """In levels, over the three channels together."""
    pairs = ((int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return math.sqrt(sum((a - b) ** 2 for a, b in pairs))


def app_icon(dice: Dice) -> str:
    """A plate with a gradient and a flat or shaded thing on it."""
    sheet, paints = page(dice, (1,)), Paints(dice)
    shapes = [path(dice.pick(BACKINGS)(dice, sheet.centre, sheet.short * 0.46), paints.any(blend(dice)))]
    if dice.chance(0.3):
        gloss = paints.linear(("#ffffff", "#ffffff"), 0.25, (dice.between(0.2, 0.5), 0))
        shapes.append(path(disc((200, 90), 240, 0.5), gloss))
    fill = "#ffffff" if dice.chance(0.6) else paints.any(blend(dice))
    for _ in range(dice.whole(1, 2)):
        at = 200 + dice.between(-40, 40), 200 + dice.between(-40, 40)
        shapes.append(path(dice.pick(THINGS + ABSTRACT)(dice, at, dice.between(70, 120)), fill, 'fill-rule="evenodd"'))
    return sheet.svg(shapes, paints.definitions)


def shaded_logo(dice: Dice) -> str:
    """A logo of several outlines, each with a gradient of its own."""
    sheet, paints = page(dice), Paints(dice)
    symbol, count, shapes = dice.pick(ABSTRACT + THINGS), dice.whole(2, 8), []
    is_turned, fill = dice.chance(0.5), blend(dice)
    outline = symbol(dice, on_circle(sheet.centre, 0.22 * sheet.short, 0), 0.2 * sheet.short)
    for n in range(count):
        paint = paints.any(fill if dice.chance(0.4) else blend(dice))
        if is_turned:
            turn = f'transform="rotate({number(360 * n / count)} {number(sheet.centre[0])} {number(sheet.centre[1])})"'
            shapes.append(path(outline, paint, f'fill-rule="evenodd" {turn}'))
        else:
            at = sheet.width * dice.between(0.3, 0.7), sheet.height * dice.between(0.3, 0.7)
            other = dice.pick(ABSTRACT + THINGS)(dice, at, sheet.short * dice.between(0.15, 0.3))
            shapes.append(path(other, paint, 'fill-rule="evenodd"'))
    return sheet.svg(shapes, paints.definitions)


def spheres(dice: Dice) -> str:
    """Balls with light and shadow, bubbles, coins."""
    sheet, paints = page(dice), Paints(dice)
    shapes = []
    if dice.chance(0.4):
        shapes.append(path(box(0, 0, sheet.width, sheet.height), paints.linear(blend(dice), 0.25)))
    for _ in range(dice.whole(1, 7)):
        at = sheet.width * dice.between(0.2, 0.8), sheet.height * dice.between(0.2, 0.75)
        size, hue = sheet.short * dice.between(0.08, 0.3), dice.between(0, 1)
        ball = [colour(hue, 0.15, 1), colour(hue, 0.8, 0.85), colour(hue + 0.03, 0.95, 0.35)]
        if dice.chance(0.6):
            shadow = paints.radial(("#000000", "#000000"), opacities=(0.45, 0), reach=0.5)
            shapes.append(path(disc((at[0], at[1] + 1.05 * size), size, 0.25), shadow))
        shapes.append(path(disc(at, size), paints.radial(ball, (dice.between(0.3, 0.5), 0.32), 0.7)))
    return sheet.svg(shapes, paints.definitions)


def glow(dice: Dice) -> str:
    """A ground of soft light: several large radial fills over a linear one."""
    sheet, paints = page(dice, (1, 1.3, 1.8)), Paints(dice)
    shapes = [path(box(0, 0, sheet.width, sheet.height), paints.linear(blend(dice)))]
    for _ in range(dice.whole(1, 6)):
        one = blend(dice, 2)
        soft = paints.radial((one[0], one[0]), opacities=(dice.between(0.5, 1), 0), reach=0.5)
        at = sheet.width * dice.between(0, 1), sheet.height * dice.between(0, 1)
        shapes.append(path(disc(at, sheet.short * dice.between(0.3, 0.8)), soft))
    if dice.chance(0.5):
        shapes.append(path(dice.pick(THINGS)(dice, sheet.centre, 0.2 * sheet.short), "#ffffff", 'fill-rule="evenodd"'))
    return sheet.svg(shapes, paints.definitions)


def ribbons(dice: Dice) -> str:
    """Wide waves or bands over each other, each shaded along its length."""
    sheet = Page(400, 400 / dice.pick((1.0, 1.4, 2.0)), ground(dice))
    paints, shapes = Paints(dice), []
    for layer in range(dice.whole(2, 6)):
        base = sheet.height * (0.1 + 0.13 * layer)
        tops = [(100 * n, base + sheet.height * dice.between(-0.12, 0.12)) for n in range(-1, 6)]
        thick = sheet.height * dice.between(0.1, 0.9)
        edge = smooth(tops, closed=False)
        back = "".join(f"L{number(x)} {number(y + thick)}" for x, y in reversed(tops))
        fade = (1.0, dice.pick((1.0, 1.0, 0.3)))
        shapes.append(path(f"{edge}{back}z", paints.linear(blend(dice), dice.pick((0, 0, 0.25)), fade)))
    return sheet.svg(shapes, paints.definitions)


def dusk(dice: Dice) -> str:
    """A landscape of gradients: sky, sun with a halo, hills that pale with distance."""
    sheet, paints = Page(400, 400 / dice.pick((1.0, 1.4, 1.8)), None), Paints(dice)
    sky = sorted(blend(dice, 3), key=lightness)
    shapes = [path(box(0, 0, 400, sheet.height), paints.linear(sky, 0.25))]
    sun = 400 * dice.between(0.2, 0.8), sheet.height * dice.between(0.3, 0.6)
    shapes.append(
        path(disc(sun, sheet.height * 0.4), paints.radial(("#fff4d0", "#fff4d0"), opacities=(0.8, 0), reach=0.5))
    )
    shapes.append(path(disc(sun, sheet.height * dice.between(0.06, 0.14)), "#fff8e8"))
    hue = dice.between(0, 1)
    for layer in range(dice.whole(2, 5)):
        base = sheet.height * (0.5 + 0.12 * layer)
        tops = [(90 * n, base - sheet.height * dice.between(0, 0.2)) for n in range(-1, 7)]
        hill = [colour(hue, 0.3 + 0.12 * layer, 0.9 - 0.15 * layer), colour(hue + 0.05, 0.5, 0.6 - 0.1 * layer)]
        outline = smooth(tops, closed=False) + f"L700 {number(sheet.height + 9)}L-300 {number(sheet.height + 9)}z"
        shapes.append(path(outline, paints.linear(hill, 0.25)))
    return sheet.svg(shapes, paints.definitions)
