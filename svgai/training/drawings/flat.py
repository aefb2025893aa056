"""Logos, icons, patterns and scenes in flat colours."""

from __future__ import annotations

from svgai.training.drawings.dice import Dice, apart, colour, scheme
from svgai.training.drawings.page import (
    Page,
    Point,
    box,
    disc,
    ground,
    ink,
    number,
    on_circle,
    page,
    pair,
    path,
    polygon,
    sector,
    smooth,
    stroke,
)
from svgai.training.drawings.symbols import ABSTRACT, BACKINGS, THINGS

_HOLES = 'fill-rule="evenodd"'


def emblem(dice: Dice) -> str:
    """A logo: a motif, turned, mirrored, nested or alone, often on a backing."""
    sheet = page(dice)
    colours = scheme(dice, 6)
    shapes, on = backing(dice, sheet, colours) if dice.chance(0.55) else ([], sheet)
    size = sheet.short * (0.27 if shapes else 0.44)
    return sheet.svg([*shapes, *motif(dice, on, size, colours)])


def backing(dice: Dice, sheet: Page, colours: list[str]) -> tuple[list[str], Page]:
    """A shape under the motif, perhaps with a rim; and the page as the motif sees it."""
    fill = apart(dice, sheet.ground)
    outline = dice.pick(BACKINGS)(dice, sheet.centre, sheet.short * dice.between(0.4, 0.47))
    shapes = [path(outline, fill)]
    if dice.chance(0.3):
        shapes = [path(outline, fill, f'stroke="{colours[1]}" stroke-width="{number(dice.between(4, 16))}"')]
    return shapes, Page(sheet.width, sheet.height, fill)


def motif(dice: Dice, on: Page, size: float, colours: list[str]) -> list[str]:
    way = dice.weighed({"turned": 0.25, "mirrored": 0.15, "nested": 0.15, "single": 0.2, "mixed": 0.25})
    inks = [ink(dice, on), *colours]
    if way == "turned":
        return _turned(dice, on.centre, size, inks)
    if way == "mirrored":
        return _mirrored(dice, on.centre, size, inks)
    if way == "nested":
        symbol, count = dice.pick(ABSTRACT), dice.whole(2, 5)
        return [path(symbol(dice, on.centre, size * (1 - n / count)), inks[n % 6], _HOLES) for n in range(count)]
    if way == "single":
        return [path(dice.pick(THINGS + ABSTRACT)(dice, on.centre, size), inks[0], _HOLES)]
    return [
        path(
            dice.pick(THINGS + ABSTRACT)(dice, _near(dice, on.centre, 0.6 * size), size * dice.between(0.25, 0.8)),
            inks[n % 5] if n else inks[0],
            _HOLES,
        )
        for n in range(dice.whole(2, 6))
    ]


def _near(dice: Dice, at: Point, reach: float) -> Point:
    return at[0] + dice.between(-reach, reach), at[1] + dice.between(-reach, reach)


def _turned(dice: Dice, centre: Point, size: float, inks: list[str]) -> list[str]:
    count, far, used = dice.whole(3, 12), dice.between(0.4, 0.65), dice.whole(1, 3)
    symbol = dice.pick(ABSTRACT + THINGS)
    outline = symbol(dice, on_circle(centre, size * far, 0), size * dice.between(0.25, 0.55))
    turns = (
        path(outline, inks[n % used], f'{_HOLES} transform="rotate({number(360 * n / count)} {pair(centre)})"')
        for n in range(count)
    )
    middle = [path(disc(centre, size * dice.between(0.1, 0.3)), inks[used])] if dice.chance(0.4) else []
    return [*turns, *middle]


def _mirrored(dice: Dice, centre: Point, size: float, inks: list[str]) -> list[str]:
    shapes = []
    for place in range(dice.whole(1, 4)):
        at = centre[0] + size * dice.between(0.1, 0.7), centre[1] + size * dice.between(-0.7, 0.7)
        outline = dice.pick(ABSTRACT + THINGS)(dice, at, size * dice.between(0.2, 0.5))
        flip = f'{_HOLES} transform="translate({number(2 * centre[0])} 0) scale(-1 1)"'
        shapes += [path(outline, inks[place % 4], _HOLES), path(outline, inks[place % 4], flip)]
    return shapes


def creature(dice: Dice) -> str:
    """A head with ears, eyes and a mouth, the same left and right: organic outlines over each other."""
    sheet = page(dice, (1, 1, 0.85))
    (x, y), size = sheet.centre, sheet.short * 0.36
    skin, other, dark = ink(dice, sheet), *scheme(dice, 2)
    ear = [(x + size * dx, y + size * dy) for dx, dy in ((0.3, -0.8), (dice.between(0.6, 1.1), -1.25), (0.9, -0.4))]
    flip = f'transform="translate({number(2 * x)} 0) scale(-1 1)"'
    pointed = polygon(ear) if dice.chance(0.5) else smooth(ear, tension=1.4)
    head = THINGS[0] if dice.chance(0.05) else ABSTRACT[6]
    eye = (x + size * dice.between(0.25, 0.45), y - size * dice.between(0, 0.25))
    radius = size * dice.between(0.1, 0.2)
    eyes = [("#ffffff", radius), ("#111111", radius * dice.between(0.4, 0.8))]
    corners = (x - 0.35 * size, y + 0.35 * size), (x + 0.35 * size, y + 0.35 * size)
    mouth = f"M{pair(corners[0])}Q{pair((x, y + dice.between(0.4, 0.8) * size))} {pair(corners[1])}"
    shapes = [path(pointed, skin), path(pointed, skin, flip), path(head(dice, sheet.centre, size), skin, _HOLES)]
    if dice.chance(0.6):
        shapes.append(path(disc((x, y + 0.3 * size), 0.45 * size, 0.7), other))
    for paint, reach in eyes:
        shapes += [path(disc(eye, reach), paint), path(disc(eye, reach), paint, flip)]
    shapes.append(stroke(mouth, dark, size * dice.between(0.04, 0.1), 'stroke-linecap="round"'))
    return sheet.svg(shapes)


def icon(dice: Dice) -> str:
    """One thing in one or two inks, as in a set of icons."""
    sheet = page(dice, (1,))
    size, first = sheet.short * dice.between(0.3, 0.42), ink(dice, sheet)
    outline = dice.pick(THINGS)(dice, sheet.centre, size)
    if dice.chance(0.45):
        joined = f'stroke-linejoin="{dice.pick(("round", "miter", "bevel"))}"'
        return sheet.svg([stroke(outline, first, dice.between(6, 26), joined)])
    rim = f'{_HOLES} stroke="{apart(dice, first, 0.15)}" stroke-width="{number(dice.between(5, 16))}"'
    shapes = [path(outline, first, rim if dice.chance(0.4) else _HOLES)]
    if dice.chance(0.35):
        corner = sheet.width * 0.78, sheet.height * 0.24
        shapes.append(path(disc(corner, size * 0.28), apart(dice, first)))
    return sheet.svg(shapes)


def icon_set(dice: Dice) -> str:
    """Several things in a grid, in the same ink or each in its own."""
    columns, rows = dice.whole(2, 5), dice.whole(2, 4)
    cell = 400 / max(columns, rows)
    sheet = Page(columns * cell, rows * cell, ground(dice))
    one, is_outlined = ink(dice, sheet), dice.chance(0.35)
    shapes = []
    for place in range(columns * rows):
        at = (place % columns + 0.5) * cell, (place // columns + 0.5) * cell
        paint = one if dice.chance(0.6) else ink(dice, sheet)
        outline = dice.pick(THINGS)(dice, at, 0.33 * cell)
        shapes.append(stroke(outline, paint, 0.06 * cell) if is_outlined else path(outline, paint, _HOLES))
    return sheet.svg(shapes)


def pattern(dice: Dice) -> str:
    """Stripes, checks, dots, bricks or rays, edge to edge."""
    sheet = page(dice)
    colours = [ink(dice, sheet), *scheme(dice, dice.whole(1, 3))]
    step = sheet.short / dice.whole(3, 12)
    way = dice.pick(("stripes", "checks", "dots", "rays", "scales", "hexagons"))
    if way == "rays":
        count = 2 * dice.whole(4, 18)
        at = _near(dice, sheet.centre, 0.3 * sheet.short)
        return sheet.svg(
            path(sector(at, (0, 700), (n / count, (n + 1) / count)), colours[n // 2 % len(colours)])
            for n in range(0, count, 2)
        )
    if way == "stripes":
        lean = dice.pick((0, 30, 45, 90, dice.between(0, 180)))
        turn = f'transform="rotate({number(lean)} {pair(sheet.centre)})"'
        thick = step * dice.between(0.2, 0.6)
        return sheet.svg(
            path(box(-200, -200 + n * step, 900, thick), colours[n % len(colours)], turn)
            for n in range(int(900 / step))
        )
    return sheet.svg(_tiles(dice, sheet, step, colours, way))


def _tiles(dice: Dice, sheet: Page, step: float, colours: list[str], way: str) -> list[str]:
    size, shapes = dice.between(0.25, 0.5), []
    for row in range(int(sheet.height / step) + 2):
        for column in range(int(sheet.width / step) + 2):
            shift = 0.5 * (row % 2) if way in ("scales", "hexagons") else 0
            at = (column + shift) * step, row * step
            paint = colours[(row + column) % len(colours)] if way != "hexagons" else dice.pick(colours)
            if way == "checks":
                if (row + column) % 2:
                    shapes.append(path(box(*at, step, step), paint))
            elif way == "hexagons":
                shapes.append(path(polygon(on_circle(at, 1.2 * size * step, n / 6) for n in range(6)), paint))
            else:
                shapes.append(path(disc(at, (size if way == "dots" else 0.55) * step), paint))
    return shapes


def scene(dice: Dice) -> str:
    """A flat illustration: sky, sun, hills or a skyline, trees, a house, clouds."""
    sheet = page(dice, (1, 1.3, 1.6, 1.9))
    hue = dice.between(0, 1)
    sky = Page(sheet.width, sheet.height, colour(hue, dice.between(0.1, 0.6), dice.between(0.5, 1)))
    wide, high = sheet.width, sheet.height
    shapes = [
        path(
            disc((wide * dice.between(0.1, 0.9), high * dice.between(0.1, 0.4)), high * dice.between(0.06, 0.2)),
            ink(dice, sky),
        )
    ]
    shapes += [
        path(
            THINGS[6](
                dice, (wide * dice.between(0, 1), high * dice.between(0.05, 0.4)), high * dice.between(0.08, 0.18)
            ),
            "#ffffff",
        )
        for _ in range(dice.whole(0, 4))
    ]
    layers = dice.whole(2, 5)
    for layer in range(layers):
        base = high * (0.45 + 0.5 * layer / layers)
        paint = colour(hue + dice.between(0.2, 0.5), 0.3 + 0.5 * layer / layers, 0.85 - 0.6 * layer / layers)
        shapes.append(path(_ridge(dice, sheet, base), paint))
        if dice.chance(0.5):
            shapes += _planted(dice, sheet, base + 0.05 * high)
    return sky.svg(shapes)


def _ridge(dice: Dice, sheet: Page, base: float) -> str:
    """Hills, mountains or roofs from side to side, closed at the bottom."""
    wide, high = sheet.width, sheet.height
    way, count = dice.pick(("hills", "mountains", "roofs")), dice.whole(3, 9)
    tops = [(wide * n / count, base - high * dice.between(0, 0.22)) for n in range(-1, count + 2)]
    closing = f"L{pair((wide * 1.2, high + 9))}L{pair((-wide * 0.4, high + 9))}z"
    if way == "roofs":
        steps = [(x + side, y) for x, y in tops for side in (0, wide / count)]
        return f"M{'L'.join(pair(step) for step in steps)}{closing}"
    if way == "mountains":
        return f"M{'L'.join(pair(top) for top in tops)}{closing}"
    return smooth(tops, closed=False) + closing


def _planted(dice: Dice, sheet: Page, foot: float) -> list[str]:
    shapes, kind = [], dice.pick(("fir", "tree"))
    trunk, crown = colour(0.07, 0.6, 0.35), colour(dice.between(0.2, 0.45), 0.6, dice.between(0.3, 0.7))
    for _ in range(dice.whole(2, 9)):
        x, size = sheet.width * dice.between(0, 1), sheet.short * dice.between(0.04, 0.09)
        shapes.append(path(box(x - 0.12 * size, foot - size, 0.24 * size, 1.2 * size), trunk))
        top = ((x, foot - 3 * size), (x + 0.8 * size, foot - 0.6 * size), (x - 0.8 * size, foot - 0.6 * size))
        shapes.append(path(polygon(top) if kind == "fir" else disc((x, foot - 1.6 * size), size), crown))
    return shapes


def chart(dice: Dice) -> str:
    """Bars, slices, a line over a grid, or a flag of stripes: plain geometry with exact edges."""
    sheet = page(dice, (1, 1.3, 1.5))
    colours = [ink(dice, sheet), *scheme(dice, 5)]
    way = dice.pick(("bars", "slices", "line", "flag"))
    if way == "slices":
        return sheet.svg(_slices(dice, sheet, colours))
    if way == "flag":
        return sheet.svg(_flag(dice, sheet, colours))
    count = dice.whole(4, 12)
    step, foot = 0.8 * sheet.width / count, 0.88 * sheet.height
    tops = [(0.1 * sheet.width + n * step, foot - 0.75 * sheet.height * dice.between(0.1, 1)) for n in range(count)]
    grid = [
        path(box(0.08 * sheet.width, foot - n * 0.19 * sheet.height, 0.86 * sheet.width, 1.5), "#b8bcc4")
        for n in range(5)
    ]
    if way == "bars":
        bars = (path(box(x, y, 0.7 * step, foot - y), colours[n % dice.whole(1, 4)]) for n, (x, y) in enumerate(tops))
        return sheet.svg([*grid, *bars])
    line = stroke("M" + "L".join(pair(top) for top in tops), colours[0], dice.between(3, 10), 'stroke-linejoin="round"')
    return sheet.svg([*grid, line, *(path(disc(top, 8), colours[1]) for top in tops)])


def _slices(dice: Dice, sheet: Page, colours: list[str]) -> list[str]:
    cuts = sorted(dice.between(0, 1) for _ in range(dice.whole(2, 6)))
    radii = (dice.pick((0, 0.2, 0.3)) * sheet.short, 0.42 * sheet.short)
    ends = [*cuts[1:], cuts[0] + 1]
    return [
        path(sector(sheet.centre, radii, (begin, end)), colours[n % 6])
        for n, (begin, end) in enumerate(zip(cuts, ends, strict=True))
        if end - begin > 0.01
    ]


def _flag(dice: Dice, sheet: Page, colours: list[str]) -> list[str]:
    count, upright = dice.whole(2, 7), dice.chance(0.5)
    wide, high = (sheet.width / count, sheet.height) if upright else (sheet.width, sheet.height / count)
    stripes = [
        path(box(n * wide * upright, n * high * (not upright), wide, high), colours[n % 3]) for n in range(count)
    ]
    if dice.chance(0.5):
        at = (sheet.width * dice.pick((0.25, 0.5)), sheet.height * 0.5)
        stripes.append(path(dice.pick(ABSTRACT)(dice, at, sheet.short * 0.25), colours[4], _HOLES))
    return stripes
