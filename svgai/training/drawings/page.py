"""SVG text and the outlines that drawings are put together from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from svgai.training.drawings.dice import Dice, apart, colour

Point = tuple[float, float]


@dataclass(frozen=True)
class Page:
    """The frame of a drawing, and what lies under it; no ground is transparency."""

    width: float
    height: float
    ground: str | None

    @property
    def centre(self) -> Point:
        return self.width / 2, self.height / 2

    @property
    def short(self) -> float:
        return min(self.width, self.height)

    def svg(self, shapes: Iterable[str], definitions: Iterable[str] = ()) -> str:
        under = "" if self.ground is None else f'<rect width="100%" height="100%" fill="{self.ground}"/>'
        inner = f"<defs>{''.join(definitions)}</defs>{under}{''.join(shapes)}"
        box = f"0 0 {number(self.width)} {number(self.height)}"
        return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{inner}</svg>'


def page(dice: Dice, shapes: Sequence[float] = (1, 1, 1, 1.3, 0.77)) -> Page:
    """A page of some shape (width by height) on nothing, on white or on a colour."""
    ratio = dice.pick(shapes)
    width, height = (400.0, 400 / ratio) if ratio >= 1 else (400 * ratio, 400.0)
    return Page(width, height, ground(dice))


def ground(dice: Dice) -> str | None:
    kind = dice.weighed({"none": 0.3, "white": 0.35, "light": 0.12, "dark": 0.12, "any": 0.11})
    hue = dice.between(0, 1)
    grounds = {"none": None, "white": "#ffffff", "light": colour(hue, 0.12, 0.96), "dark": colour(hue, 0.6, 0.2)}
    return grounds[kind] if kind in grounds else colour(hue, dice.between(0.3, 1), dice.between(0.4, 1))


def ink(dice: Dice, on: Page) -> str:
    return apart(dice, on.ground)


def path(outline: str, fill: str, more: str = "") -> str:
    return f'<path d="{outline}" fill="{fill}"{more and " " + more}/>'


def stroke(outline: str, paint: str, width: float, more: str = "") -> str:
    wide = number(width)
    return f'<path d="{outline}" fill="none" stroke="{paint}" stroke-width="{wide}"{more and " " + more}/>'


def number(value: float) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def pair(point: Point) -> str:
    return f"{number(point[0])} {number(point[1])}"


def on_circle(centre: Point, radius: float, turn: float) -> Point:
    """The point at a part of a turn, clockwise from the top."""
    return centre[0] + radius * math.sin(2 * math.pi * turn), centre[1] - radius * math.cos(2 * math.pi * turn)


def polygon(points: Iterable[Point]) -> str:
    return f"M{'L'.join(pair(point) for point in points)}z"


def polyline(points: Iterable[Point]) -> str:
    return f"M{'L'.join(pair(point) for point in points)}"


def smooth(points: Sequence[Point], *, closed: bool = True, tension: float = 1.0) -> str:
    """A curve through all points (Catmull and Rom, as cubics)."""
    count = len(points)
    text = f"M{pair(points[0])}"
    for place in range(count if closed else count - 1):
        before, start, end, after = (points[_at(place + step, count, closed)] for step in (-1, 0, 1, 2))
        first = start[0] + tension * (end[0] - before[0]) / 6, start[1] + tension * (end[1] - before[1]) / 6
        second = end[0] - tension * (after[0] - start[0]) / 6, end[1] - tension * (after[1] - start[1]) / 6
        text += f"C{pair(first)} {pair(second)} {pair(end)}"
    return text + ("z" if closed else "")


def _at(place: int, count: int, closed: bool) -> int:
    return place % count if closed else min(count - 1, max(0, place))


def disc(centre: Point, radius: float, flat: float = 1.0) -> str:
    x, y = centre
    across, down = number(radius), number(radius * flat)
    arc = f"a{across} {down} 0 1 0"
    return f"M{pair((x - radius, y))}{arc} {number(2 * radius)} 0{arc} {number(-2 * radius)} 0z"


def ring(centre: Point, outer: float, inner: float) -> str:
    """To be filled by the even-odd rule."""
    return disc(centre, outer) + disc(centre, inner)


def box(x: float, y: float, width: float, height: float, radius: float = 0) -> str:
    r = min(radius, width / 2, height / 2)
    if r <= 0:
        return polygon(((x, y), (x + width, y), (x + width, y + height), (x, y + height)))
    arc = f"a{number(r)} {number(r)} 0 0 1 "
    across, down = number(width - 2 * r), number(height - 2 * r)
    return (
        f"M{pair((x + r, y))}h{across}{arc}{number(r)} {number(r)}v{down}{arc}{number(-r)} {number(r)}"
        f"h-{across}{arc}{number(-r)} {number(-r)}v-{down}{arc}{number(r)} {number(-r)}z"
    )


def sector(centre: Point, radii: tuple[float, float], turns: tuple[float, float]) -> str:
    """Part of a ring, from one turn to another; an inner radius of zero is a slice."""
    (inner, outer), (begin, end) = radii, turns
    large = int(end - begin > 0.5)
    start, stop = on_circle(centre, outer, begin), on_circle(centre, outer, end)
    there = f"M{pair(start)}A{number(outer)} {number(outer)} 0 {large} 1 {pair(stop)}"
    if inner <= 0:
        return f"{there}L{pair(centre)}z"
    back, home = on_circle(centre, inner, end), on_circle(centre, inner, begin)
    return f"{there}L{pair(back)}A{number(inner)} {number(inner)} 0 {large} 0 {pair(home)}z"
