"""Shapes: outlines that are a circle, an ellipse or a rectangle, found by least squares.

A point of an outline is a cut: where the edge runs on average over one row or column of pixels. So
a form is compared with it in two places of that row or column (Gauss' rule), not in its middle.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from svgai.drawing import Circle, Ellipse, Rectangle
from svgai.engine.kernels.forms import ELLIPSE, RECTANGLE, come_near, moments, outside_at, possible, trust
from svgai.regions import Edges
from svgai.strands import NOISE, Curve, Network, Primitives

Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
NumberT = TypeVar("NumberT", float, NDArray[np.float64])
Freedom: TypeAlias = tuple[Floats, ...]
"""The directions in which the numbers of a form may change."""
Way: TypeAlias = Callable[[Floats, Freedom], tuple[Floats, Freedom]]
"""To a form of fewer numbers."""

_X, _Y, _WIDTH, _HEIGHT, _TURN, _RADIUS = np.eye(6)
"""The numbers of a form: its centre, its sides (an ellipse's diameters), its turn in radians, its corners' radius."""
_OF_ELLIPSE: Final = (_X, _Y, _WIDTH, _HEIGHT, _TURN)
_OF_RECTANGLE: Final = (*_OF_ELLIPSE, _RADIUS)

_LEAST_CUTS = 8
_MOST_SEGMENTS = 12
"""Segments of a ring that may be a form; what is drawn with more is none."""
_ROUNDNESS: Final = (0.94, 1.005)
"""A form's area over that of the ellipse with the same moments: 1 for ellipses, 3 / pi at least for rectangles."""
_ELLIPSE_FIRST_OFF = 0.3
"""Pixels that a form may be off before it is fitted."""
_RECTANGLE_FIRST_OFF = 1.0
_THEN_OFF = 0.25
"""Pixels that it may be off when all cuts count, those at corners, too."""
_CHORD = 4
"""Cuts over which an outline's direction is read."""
_MOST_STEPS = 8
_STILL = 1e-3
"""Pixels; a step so small is the last one."""
_DAMPING = 1e-4
_DEPTH = 2.5
"""Pixels behind its edge that a cut needs."""

_OFF = 0.055
"""Pixels that a form may be off on average, more only if the outline is as noisy."""
_NOISES = 1.6
_NOISE_OF_25 = 0.025
"""Pixels of noise that 25 cuts may have; in few, corners look like noise."""
_CLEARLY_NEAR = 0.02
"""Pixels that an ellipse may be off on average without a rectangle being tried."""
_CLEARLY_NEARER = 0.7
_LOCALLY_OFF = 0.15
"""Pixels that a form may be off on average over a few cuts side by side."""
_LOCAL = 5
_FARTHEST_OFF = 0.6
"""Pixels; no cut is farther off, not even one that is not to be trusted."""
_LONGEST = 1.75
"""How many times longer than its cuts reach a form may be: there are none at pointed ends."""
_UNSEEN = 0.015
"""Pixels on average by which a form of fewer numbers may be worse without more ado."""
_EVIDENCE = 12.0
"""Squared errors, in units of the noise, that speak for one more number."""
_LEAST_NOISE = 0.005
_NEARBY = 2.0
"""Pixels beyond which a form of fewer numbers is not tried."""
_SHARP = 0.7
"""Pixels; corners of a smaller radius are sharp."""


@dataclass(frozen=True, eq=False)
class _Cuts:
    points: Floats
    """n x 2."""
    is_level: Flags
    """Whether each is cut along its row."""
    blur: float
    """How many times farther off they are than those of smooth edges."""


@dataclass(frozen=True, eq=False)
class _Fit:
    """A form as near to the cuts as it gets."""

    kind: int
    numbers: Floats
    free: Freedom
    trusted: Flags
    """Which cuts count."""
    errors: Floats
    """Pixels that each of these lies outside."""
    blur: float
    """That of the cuts."""

    @property
    def loss(self) -> float:
        return float(np.square(self.errors).sum())

    @property
    def misfit(self) -> float:
        return math.sqrt(self.loss / max(1, len(self.errors)))

    @property
    def noise(self) -> float:
        """What is left of the errors after three differences, in which a wrong form shows least."""
        rough = np.abs(np.diff(self.errors, 3))
        # Of noise of sigma 1 that is sqrt(20) times as large, and its mean sqrt(2 / pi) times that.
        measured = float(rough.mean()) / math.sqrt(20 * 2 / math.pi)
        return min(measured, _NOISE_OF_25 * math.sqrt(len(rough) / 25))

    @property
    def is_near(self) -> bool:
        if len(self.errors) < _LEAST_CUTS:
            return False
        allowed = _NOISES * self.noise
        locally = np.convolve(np.append(self.errors, self.errors[: _LOCAL - 1]), np.full(_LOCAL, 1 / _LOCAL), "valid")
        farthest = float(np.abs(locally).max())
        return self.misfit <= max(_OFF * self.blur, allowed) and farthest <= max(_LOCALLY_OFF * self.blur, allowed)


def find_shapes(network: Network) -> Primitives:
    """The forms of all rings that are one."""
    if network.strands.edges is Edges.SQUARES:
        return {number: _box(curve) for number, curve in enumerate(network.curves) if curve.is_ring and len(curve) == 4}
    found = {
        number: find_shape(np.vstack([strand.points, strand.points[:1]]), network.strands.noise)
        for number, (strand, curve) in enumerate(zip(network.strands, network.curves, strict=True))
        if strand.is_ring and len(strand.points) >= _LEAST_CUTS and len(curve) <= _MOST_SEGMENTS
    }
    return {number: form for number, form in found.items() if form}


def _box(curve: Curve) -> Rectangle:
    """The rectangle with these four corners."""
    (x, y), (width, height) = (curve.nodes.min(axis=0) + curve.nodes.max(axis=0)) / 2, np.ptp(curve.nodes, axis=0)
    return Rectangle(float(x), float(y), float(width), float(height))


def find_shape(points: Floats, noise: float = NOISE) -> Circle | Ellipse | Rectangle | None:
    """The form that a ring's outline is, if it is one; n x 2, the last point being the first."""
    ring = np.ascontiguousarray(points[:-1])
    start = _ellipse_of_moments(ring)
    if start is None:
        return None
    cuts = _Cuts(ring, np.abs(ring[:, 1] % 1 - 0.5) < 1e-9, noise / NOISE)
    ellipse = _fitted(ELLIPSE, cuts, start, _OF_ELLIPSE, _ELLIPSE_FIRST_OFF)
    if ellipse and ellipse.misfit <= _CLEARLY_NEAR * cuts.blur:
        return _as_ellipse(ellipse, cuts)
    rectangle = _fitted(RECTANGLE, cuts, _rectangle_around(ring), _OF_RECTANGLE, _RECTANGLE_FIRST_OFF)
    if ellipse and (rectangle is None or rectangle.misfit > _CLEARLY_NEARER * ellipse.misfit):
        return _as_ellipse(ellipse, cuts)
    return _as_rectangle(rectangle, cuts) if rectangle else None


def _as_ellipse(fit: _Fit, cuts: _Cuts) -> Circle | Ellipse:
    x, y, width, height, turn, _ = _simplified(fit, cuts, _circular, _upright).numbers.tolist()
    if width == height:
        return Circle(x, y, width / 2)
    return Ellipse(x, y, width / 2, height / 2, math.degrees(turn))


def _as_rectangle(fit: _Fit, cuts: _Cuts) -> Rectangle:
    fit = _simplified(fit, cuts, _sharp, unseen=math.inf if fit.numbers[5] < _SHARP else 0)
    if fit.numbers[5]:
        fit = _simplified(fit, cuts, _round_ended, unseen=0)
    x, y, width, height, turn, radius = _simplified(fit, cuts, _upright, _square).numbers.tolist()
    return Rectangle(x, y, width, height, radius, math.degrees(turn))


def _ellipse_of_moments(ring: Floats) -> Floats | None:
    """The ellipse with the same area moments, unless they tell that the outline is none of our forms."""
    area, x, y, xx, yy, xy = moments(ring)
    mean, spread = (xx + yy) / 2, math.hypot((xx - yy) / 2, xy)
    if mean <= spread:
        return None
    width, height = 4 * math.sqrt(mean + spread), 4 * math.sqrt(mean - spread)
    if not _ROUNDNESS[0] < abs(area) / (math.pi / 4 * width * height) < _ROUNDNESS[1]:
        return None
    return _possible(x, y, width, height, math.atan2(2 * xy, xx - yy) / 2, 0)


def _rectangle_around(ring: Floats) -> Floats:
    """Sides along the outline's main direction, as far out as it goes; its corners are what is missing of its area."""
    steps = np.roll(ring, -_CHORD, axis=0) - ring
    chords = steps[:, 0] + 1j * steps[:, 1]
    turn = float(np.angle((chords**4 / np.maximum(np.abs(chords), 1e-9) ** 3).sum())) / 4
    u, v = _turned((ring[:, 0], ring[:, 1]), -turn)
    x, y = _turned((float(u.min() + u.max()) / 2, float(v.min() + v.max()) / 2), turn)
    width, height = float(np.ptp(u)), float(np.ptp(v))
    missing = width * height - abs(float((u * np.roll(v, -1) - np.roll(u, -1) * v).sum())) / 2
    return _possible(x, y, width, height, turn, math.sqrt(max(0, missing) / (4 - math.pi)))


def _possible(*numbers: float) -> Floats:
    form = np.array(numbers, np.float64)
    possible(form)
    return form


def _fitted(kind: int, cuts: _Cuts, numbers: Floats, free: Freedom, first_off: float) -> _Fit | None:
    """The form near the cuts, if there is one: at first all of them count, then those to be trusted."""
    errors = _outside(kind, cuts, numbers)
    if float(np.square(errors).sum()) > len(errors) * first_off**2:
        return None
    fit = _fit(kind, cuts, numbers, free, np.ones(len(errors), np.bool_))
    if fit.misfit > _THEN_OFF:
        return None
    trusted = np.empty(len(errors), np.bool_)
    trust(kind, cuts.points, cuts.is_level, fit.numbers, _DEPTH, trusted)
    fit = _fit(kind, cuts, fit.numbers, free, trusted)
    allowed = _FARTHEST_OFF * cuts.blur
    is_large = max(fit.numbers[2:4]) > _LONGEST * math.hypot(*np.ptp(cuts.points, axis=0))  # as through few cuts
    if is_large or not fit.is_near or float(np.abs(_outside(kind, cuts, fit.numbers)).max()) > allowed:
        return None
    return fit


def _outside(kind: int, cuts: _Cuts, numbers: Floats) -> Floats:
    errors = np.empty(len(cuts.points))
    outside_at(kind, cuts.points, numbers, errors)
    return errors


def _simplified(fit: _Fit, cuts: _Cuts, *ways: Way, unseen: float = _UNSEEN) -> _Fit:
    """The same with fewer numbers, as far as the cuts do not speak against it."""
    for way in ways:
        numbers, free = way(fit.numbers, fit.free)
        if _apart(numbers, fit.numbers) <= _NEARBY:
            simpler = _fit(fit.kind, cuts, numbers, free, fit.trusted)
            noise = cuts.blur * max(fit.misfit, _LEAST_NOISE)  # of stairs, cuts side by side are off alike
            allowed = _EVIDENCE * noise**2 + len(fit.errors) * (unseen * cuts.blur) ** 2
            fit = simpler if simpler.loss - fit.loss <= allowed else fit
    return fit


def _apart(numbers: Floats, others: Floats) -> float:
    """The largest difference in pixels."""
    differences = np.abs(numbers - others)
    differences[4] *= max(numbers[2:4]) / 2
    return float(differences.max())


def _circular(numbers: Floats, free: Freedom) -> tuple[Floats, Freedom]:
    numbers, free = _square(numbers, free)
    return numbers, _without(free, _TURN)


def _square(numbers: Floats, free: Freedom) -> tuple[Floats, Freedom]:
    side = (numbers[2] + numbers[3]) / 2
    return np.array([*numbers[:2], side, side, *numbers[4:]]), (*_without(free, _WIDTH, _HEIGHT), _WIDTH + _HEIGHT)


def _upright(numbers: Floats, free: Freedom) -> tuple[Floats, Freedom]:
    return np.array([*numbers[:4], 0, numbers[5]]), _without(free, _TURN)


def _sharp(numbers: Floats, free: Freedom) -> tuple[Floats, Freedom]:
    return np.array([*numbers[:5], 0]), _without(free, _RADIUS)


def _round_ended(numbers: Floats, free: Freedom) -> tuple[Floats, Freedom]:
    """The radius is half the smaller side, like the ends of a thick line."""
    smaller = _WIDTH if numbers[2] < numbers[3] else _HEIGHT
    radius = min(numbers[2], numbers[3]) / 2
    return np.array([*numbers[:5], radius]), (*_without(free, smaller, _RADIUS), smaller + _RADIUS / 2)


def _without(free: Freedom, *fixed: Floats) -> Freedom:
    return tuple(way for way in free if not any(way is other for other in fixed))


def _fit(kind: int, cuts: _Cuts, numbers: Floats, free: Freedom, trusted: Flags) -> _Fit:
    """The form that a few steps from these numbers lead to."""
    form, errors = numbers.copy(), np.empty(len(cuts.points))
    damping = _DAMPING * len(cuts.points)
    count = come_near(
        kind, cuts.points, cuts.is_level, trusted, form, np.array(free), damping, _STILL, _MOST_STEPS, errors
    )  # fmt: skip
    return _Fit(kind, form, free, trusted, errors[:count], cuts.blur)


def _turned(place: tuple[NumberT, NumberT], turn: float) -> tuple[NumberT, NumberT]:
    (x, y), cos, sin = place, math.cos(turn), math.sin(turn)
    return x * cos - y * sin, x * sin + y * cos
