"""The contours of each element that SVG draws."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from svgai.exports.arcs import around
from svgai.exports.artwork import Contour, Segment
from svgai.exports.path_data import read_path

Attributes: TypeAlias = Mapping[str, str]

_QUARTER = 2
"""How many cubics make a quarter of an ellipse."""
_SAME_PLACE = 1e-9


def contours_of(element: str, attributes: Attributes) -> tuple[Contour, ...]:
    """What the element draws; nothing if it has no size."""
    return _READERS[element](attributes)


def _path(attributes: Attributes) -> tuple[Contour, ...]:
    return read_path(attributes.get("d", ""))


def _circle(attributes: Attributes) -> tuple[Contour, ...]:
    radius = _number(attributes, "r")
    return _oval(_point(attributes, "cx", "cy"), complex(radius, radius))


def _ellipse(attributes: Attributes) -> tuple[Contour, ...]:
    """One radius stands for both where the other is not told."""
    across, down = attributes.get("rx"), attributes.get("ry")
    return _oval(_point(attributes, "cx", "cy"), complex(float(across or down or 0), float(down or across or 0)))


def _oval(centre: complex, radii: complex) -> tuple[Contour, ...]:
    if not radii.real or not radii.imag:
        return ()
    return (Contour(centre + radii.real, around(centre, radii), is_closed=True),)


def _rectangle(attributes: Attributes) -> tuple[Contour, ...]:
    corner, size = _point(attributes, "x", "y"), _point(attributes, "width", "height")
    if not size.real or not size.imag:
        return ()
    across, down = attributes.get("rx"), attributes.get("ry")
    radii = complex(
        min(float(across or down or 0), size.real / 2),
        min(float(down or across or 0), size.imag / 2),
    )
    if not radii.real or not radii.imag:
        return (_sharp(corner, size),)
    return (_rounded(corner, size, radii),)


def _sharp(corner: complex, size: complex) -> Contour:
    sides = (corner + size.real,), (corner + size,), (corner + 1j * size.imag,)
    return Contour(corner, sides).closed()


def _rounded(corner: complex, size: complex, radii: complex) -> Contour:
    """A quarter of an ellipse at each corner, clockwise from the lower end of the right side."""
    inner, opposite = corner + radii, corner + size - radii
    centres = (opposite, complex(inner.real, opposite.imag), inner, complex(opposite.real, inner.imag))
    segments: list[Segment] = []
    start = at = opposite + radii.real
    for quarter, centre in enumerate(centres):
        ellipse = around(centre, radii)
        first = _QUARTER * quarter
        begin = ellipse[first - 1][-1]
        straight = [] if abs(begin - at) < _SAME_PLACE else [(begin,)]
        segments += [*straight, *ellipse[first : first + _QUARTER]]
        at = segments[-1][-1]
    return Contour(start, tuple(segments)).closed()


def _line(attributes: Attributes) -> tuple[Contour, ...]:
    return _joined(_point(attributes, "x1", "y1"), _point(attributes, "x2", "y2"))


def _polyline(attributes: Attributes) -> tuple[Contour, ...]:
    return _joined(*_points(attributes))


def _polygon(attributes: Attributes) -> tuple[Contour, ...]:
    return tuple(contour.closed() for contour in _polyline(attributes))


def _joined(*points: complex) -> tuple[Contour, ...]:
    """Lines from point to point."""
    return (Contour(points[0], tuple((point,) for point in points[1:])),) if len(points) > 1 else ()


def _points(attributes: Attributes) -> tuple[complex, ...]:
    """A last number without a partner is none."""
    numbers = [float(number) for number in re.split("[ ,]", attributes["points"])] if "points" in attributes else []
    return tuple(complex(x, y) for x, y in zip(numbers[::2], numbers[1::2], strict=False))


def _point(attributes: Attributes, across: str, down: str) -> complex:
    return complex(_number(attributes, across), _number(attributes, down))


def _number(attributes: Attributes, name: str) -> float:
    return float(attributes.get(name, 0))


_READERS: dict[str, Callable[[Attributes], tuple[Contour, ...]]] = {
    "path": _path,
    "circle": _circle,
    "ellipse": _ellipse,
    "rect": _rectangle,
    "line": _line,
    "polyline": _polyline,
    "polygon": _polygon,
}
