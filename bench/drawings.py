"""Drawings of our own to measure on: flat SVGs made by code, each with something that tracers find hard."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

Point = tuple[float, float]

NIGHT, FLAME, CREAM, LEAF, RUBY, SLATE, SEA, SUN = (
    "#1b2a4a",
    "#ff6b35",
    "#f7f3e9",
    "#7fb685",
    "#d7263d",
    "#2e4057",
    "#1b998b",
    "#ffd23f",
)


def badge() -> str:
    """A rounded square with a disc and two mountains that cover each other."""
    return _svg(
        f'<rect x="6" y="6" width="88" height="88" rx="20" fill="{NIGHT}"/>',
        f'<circle cx="42" cy="40" r="20" fill="{FLAME}"/>',
        f'<path d="M30 82 56 38 84 82Z" fill="{CREAM}"/>',
        f'<path d="M50 82 67 55 84 82Z" fill="{LEAF}"/>',
    )


def rings() -> str:
    """Discs on discs, white over red: nothing but circles."""
    colours = ((44, RUBY), (34, "#fff"), (24, RUBY), (12, "#fff"))
    return _svg(*(f'<circle cx="50" cy="50" r="{radius}" fill="{colour}"/>' for radius, colour in colours))


def bars() -> str:
    """Upright rectangles of equal width over a thin line."""
    heights = enumerate((24, 56, 40, 80, 64))
    return _svg(
        *(f'<path d="M{10 + 17 * place} 90v-{height}h12v{height}z" fill="{SLATE}"/>' for place, height in heights),
        f'<path d="M8 90.5h86v3h-86z" fill="{LEAF}"/>',
    )


def gear() -> str:
    """Twelve equal teeth of straight lines around a round hole, in one ink."""
    teeth = [
        _around(radius, (tooth + offset) / 12)
        for tooth in range(12)
        for radius, offset in ((34, -0.3), (45, -0.2), (45, 0.2), (34, 0.3))
    ]
    hole = "M50 34a16 16 0 1 0 0 32 16 16 0 1 0 0-32z"
    return _svg(f'<path d="{_polygon(teeth)}{hole}" fill="{SLATE}" fill-rule="evenodd"/>')


def burst() -> str:
    """A star of twenty needles, as sharp as corners get, with a smaller star on it."""
    outer = _polygon(_around(47 if turn % 2 == 0 else 27, turn / 40) for turn in range(40))
    inner = _polygon(_around(20 if turn % 2 == 0 else 8, turn / 10) for turn in range(10))
    return _svg(f'<path d="{outer}" fill="{RUBY}"/>', f'<path d="{inner}" fill="{SUN}"/>')


def letters() -> str:
    """S, V, G as strokes of one width: round, mitred and square ends."""
    stroke = f'fill="none" stroke="{NIGHT}" stroke-width="9"'
    return _svg(
        f'<path d="M42 22c-4-7-26-8-26 6s27 9 27 24-24 16-29 6" {stroke} stroke-linecap="round"/>',
        f'<path d="M56 14 75 62 94 14" {stroke} stroke-miterlimit="8"/>',
        f'<path d="M139 24a23 23 0 1 0 2 28v-13h-18" {stroke} stroke-linejoin="round"/>',
        width=152,
        height=76,
    )


def hairlines() -> str:
    """Lines from a third of a unit to two units thick, at many angles: most are narrower than a pixel."""
    rays = (_around(46, turn / 18) for turn in range(18))
    widths = (0.3 + 0.1 * turn for turn in range(18))
    return _svg(
        *(
            f'<path d="M50 50 {_pair(end)}" stroke="{NIGHT}" stroke-width="{_number(width)}"/>'
            for end, width in zip(rays, widths, strict=True)
        ),
        f'<circle cx="50" cy="50" r="47" fill="none" stroke="{NIGHT}" stroke-width=".5"/>',
    )


def overlaps() -> str:
    """Three translucent discs, whose overlaps make four more colours."""
    discs = ((38, 38, RUBY), (62, 38, SUN), (50, 59, SEA))
    return _svg(*(f'<circle cx="{x}" cy="{y}" r="30" fill="{colour}" fill-opacity=".6"/>' for x, y, colour in discs))


def honeycomb() -> str:
    """Hexagons that share their borders, without a gap between them."""
    colours = (NIGHT, SEA, SUN, FLAME, LEAF, RUBY, CREAM)
    centres = [(50.0, 50.0), *(_around(27.7, turn / 6 + 1 / 12) for turn in range(6))]
    cells = ([_around(16, turn / 6, centre) for turn in range(6)] for centre in centres)
    return _svg(*(f'<path d="{_polygon(cell)}" fill="{colour}"/>' for cell, colour in zip(cells, colours, strict=True)))


def waves() -> str:
    """Long smooth curves over each other in a wide frame."""
    heights = ((14, SUN), (28, SEA), (44, NIGHT))
    return _svg(
        *(f'<path d="M0 {y}c27-18 53-18 80 0s53 18 80 0v{70 - y}H0z" fill="{ink}"/>' for y, ink in heights),
        width=160,
        height=70,
    )


def flower() -> str:
    """Eight equal petals of cubic curves in two inks, turned around a disc."""
    petal = "M50 50C38 36 40 12 50 5c10 7 12 31 0 45z"
    return _svg(
        *(
            f'<path d="{petal}" fill="{RUBY if turn % 2 else FLAME}" transform="rotate({45 * turn} 50 50)"/>'
            for turn in range(8)
        ),
        f'<circle cx="50" cy="50" r="9" fill="{SUN}"/>',
    )


def dots() -> str:
    """A grid of discs from large to hardly more than a pixel, in one ink."""
    return _svg(
        *(
            f'<circle cx="{10 + 16 * column}" cy="{10 + 16 * row}" r="{_number(7 * 0.93 ** (6 * row + column))}"/>'
            for row in range(6)
            for column in range(6)
        )
    )


def buttons() -> str:
    """Outlined and turned rectangles with round corners, and an ellipse."""
    return _svg(
        f'<rect x="8" y="10" width="56" height="24" rx="6" fill="{SUN}" stroke="{NIGHT}" stroke-width="3"/>',
        f'<rect x="30" y="46" width="62" height="20" rx="10" fill="{SEA}" transform="rotate(-14 61 56)"/>',
        f'<rect x="10" y="72" width="30" height="18" fill="{RUBY}" transform="rotate(8 25 81)"/>',
        f'<ellipse cx="72" cy="82" rx="22" ry="11" fill="{CREAM}" stroke="{SLATE}" stroke-width="2"/>',
    )


def leaf() -> str:
    """One ink with three narrow holes, and tips where curves meet in a point."""
    outline = "M12 88C4 40 36 8 90 10c4 54-26 88-70 80z"
    veins = "M24 80 78 22 28 83zM44 52 46 30 49 47zM56 57l22 1-27 5z"
    return _svg(f'<path d="{outline}{veins}" fill="{SEA}" fill-rule="evenodd"/>')


DRAWINGS: dict[str, Callable[[], str]] = {
    draw.__name__: draw
    for draw in (
        badge,
        rings,
        bars,
        gear,
        burst,
        letters,
        hairlines,
        overlaps,
        honeycomb,
        waves,
        flower,
        dots,
        buttons,
        leaf,
    )
}


def own_drawings() -> Iterator[tuple[str, str]]:
    """Name and SVG text of each."""
    return ((name, draw()) for name, draw in DRAWINGS.items())


def _svg(*shapes: str, width: int = 100, height: int = 100) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">{"".join(shapes)}</svg>'


def _around(radius: float, turn: float, centre: Point = (50, 50)) -> Point:
    """The point at a part of a turn around a centre, clockwise from the top."""
    angle = 2 * math.pi * turn
    return centre[0] + radius * math.sin(angle), centre[1] - radius * math.cos(angle)


def _polygon(points: Iterable[Point]) -> str:
    return f"M{' '.join(_pair(point) for point in points)}z"


def _pair(point: Point) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
