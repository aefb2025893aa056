"""Arcs of ellipses as cubics, so short that they are a few millionths of the radius away from the arcs."""

from __future__ import annotations

import cmath
import math
from itertools import pairwise

from svgai.exports.affine import Affine, rotation, scaling
from svgai.exports.artwork import Segment

_LONGEST = math.pi / 4
_ROUNDING = 1e-9


def around(centre: complex, radii: complex) -> tuple[Segment, ...]:
    """A whole ellipse from its rightmost point, clockwise as one sees it."""
    return _swept(Affine(shift=centre) @ scaling(radii.real, radii.imag), 0, 2 * math.pi)


def arc(
    begin: complex, end: complex, radii: complex, degrees: float, *, large: bool, clockwise: bool
) -> tuple[Segment, ...]:
    """The arc that SVG 2 means (appendix B.2), found where its ellipse is a circle of radius 1."""
    if begin == end:
        return ()
    if not radii.real or not radii.imag:
        return ((end,),)
    first, last = (_unturned(point, degrees, radii) for point in (begin, end))
    growth = max(1.0, abs(last - first) / 2)  # of an ellipse that is too small to reach
    first, last = first / growth, last / growth
    half = (last - first) / 2
    away = math.sqrt(max(0.0, 1 - abs(half) ** 2)) * 1j * half / abs(half)
    centre = (first + last) / 2 + (away if large != clockwise else -away)
    angle = 2 * math.asin(min(1.0, abs(half)))
    sweep = 2 * math.pi - angle if large else angle
    frame = rotation(degrees) @ scaling(growth * radii.real, growth * radii.imag) @ Affine(shift=centre)
    segments = _swept(frame, cmath.phase(first - centre), sweep if clockwise else -sweep)
    return (*segments[:-1], (*segments[-1][:2], end))


def _unturned(point: complex, degrees: float, radii: complex) -> complex:
    point *= cmath.rect(1, -math.radians(degrees))
    return complex(point.real / radii.real, point.imag / radii.imag)


def _swept(frame: Affine, begin: float, sweep: float) -> tuple[Segment, ...]:
    """A part of the unit circle in a frame; a handle of this length touches it at the middle of each piece."""
    pieces = max(1, math.ceil(abs(sweep) / _LONGEST - _ROUNDING))
    handle = 4 / 3 * math.tan(sweep / pieces / 4)
    places = [cmath.rect(1, begin + sweep * piece / pieces) for piece in range(pieces + 1)]
    return tuple(
        (frame(here * complex(1, handle)), frame(there * complex(1, -handle)), frame(there))
        for here, there in pairwise(places)
    )
