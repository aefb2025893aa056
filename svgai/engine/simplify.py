"""Simplification: the simplest curves that explain the picture.

Each ring is tried with a node less, a corner rounded or a curve straightened, and where much is left
unexplained with a node more. What is tried is refined against the pixels around the ring alone, all
other strands staying where they are, and kept if what it explains is worth its numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from svgai.drawing import Rectangle
from svgai.engine.forms import is_reversed, numbers_of, outline
from svgai.engine.frame import Frame, numbers_in
from svgai.engine.kernels.beziers import are_near
from svgai.engine.kernels.chains import fit_cubic, paced
from svgai.engine.kernels.forms import moments
from svgai.engine.target import Target
from svgai.engine.web import Web
from svgai.strands import Curve, Network, Numbers, Primitives, along

Flags: TypeAlias = NDArray[np.bool_]

_LEAST = 3
"""Segments of a ring in which single ones are tried otherwise."""
_STEPS = 4
_BLUNT = 0.35
"""Radians; a corner that turns more is none that could be smooth."""
_SHORT = 4.0
"""Pixels of a segment that may be but a corner cut off."""
_MOST_OF_BOX = 8
"""Segments of a ring that may be a rectangle."""
_LEVEL = 0.1
"""Sine of twice the angle to which a rectangle is level."""
_ASTRAY = 3.0
"""Pixels that a ring may move in one trial."""
_PLACES: Final = np.linspace(0, 1, 10, endpoint=False)
"""Where on a segment it is compared with what may take its place."""


def simplify(network: Network, primitives: Primitives, target: Target, work: int) -> Network:
    """Try simpler curves for every ring that is no primitive, and richer ones where that explains more.

    The work, in pixels painted for trials, is shared out: what a ring does not need goes to those after it.
    """
    curves = list(network.curves)
    rings = [number for number in network.free_rings() if number not in primitives]
    if not rings:
        return network
    shown = Web.woven(network).shown(target)
    for done, number in enumerate(rings):
        frame = Frame.around(network, number, target, shown)
        curve = frame.moved_in(curves[number])
        made, trials = _simplest(frame, curve, work // (len(rings) - done) // _work(frame))
        shown[frame.window] += frame.shown(made) - frame.shown(curve)
        curves[number] = frame.moved_out(made)
        work -= trials * _work(frame)
    return replace(network, curves=tuple(curves))


def _simplest(frame: Frame, curve: Curve, most_trials: int) -> tuple[Curve, int]:
    """The best curve found, and how many were tried."""
    best, cost = _refined(frame, curve)
    if _strays(best, curve):
        best, cost = curve, frame.cost(curve, numbers_in(curve))
    trials = 0
    for trial, numbers in _boxes(curve):
        trials += 1
        made = frame.refined(trial, _STEPS)
        price = frame.cost(made, numbers)
        if price < cost and not _strays(made, best):
            best, cost = made, price
    is_better = len(best) >= _LEAST
    while is_better and trials < most_trials:
        is_better = False
        number = 0
        while number < len(best) and trials < most_trials:
            for trial in _variants(best, number):
                trials += 1
                made, price = _refined(frame, trial)
                if price < cost - 1e-9 and not _strays(made, best):
                    best, cost, is_better = made, price, True
                    break
            else:
                number += 1
    return best, trials


def _refined(frame: Frame, curve: Curve) -> tuple[Curve, float]:
    """The curve after refinement, and what it costs: its numbers, and what it leaves unexplained."""
    made = frame.refined(curve, _STEPS)
    return made, frame.cost(made, numbers_in(made))


def _strays(ring: Curve, former: Curve) -> bool:
    """Whether a ring goes where it was not: where it crosses itself, areas cancel out, and errors do not tell."""
    points = np.concatenate([along(segment, _PLACES) for segment in ring.controls])
    return not are_near(points, former.controls, _ASTRAY)


def _work(frame: Frame) -> int:
    """What one trial costs."""
    return (_STEPS + 2) * frame.work


def _boxes(curve: Curve) -> Iterator[tuple[Curve, int]]:
    """Rectangles that cover as much, level or as the ring leans, and how many numbers they are.

    In a few pixels a ring's outline may not tell of its corners.
    """
    if len(curve) > _MOST_OF_BOX or (len(curve) == 4 and curve.is_line.all()):
        return
    points = np.concatenate([along(segment, _PLACES) for segment in curve.controls])
    area, x, y, across, down, both = moments(points)
    if abs(area) < 1e-6:
        return
    lean = math.atan2(2 * both, across - down) / 2
    for angle in (0.0, lean) if abs(math.sin(2 * lean)) > _LEVEL else (0.0,):
        u, v = math.cos(angle), math.sin(angle)
        spreads = across * u * u + 2 * both * u * v + down * v * v, across * v * v - 2 * both * u * v + down * u * u
        width, height = (math.sqrt(12 * max(1e-3, spread)) for spread in spreads)
        box = Rectangle(x, y, width, height, 0, math.degrees(angle))
        yield outline(box, numbers_of(box)[0], is_reversed(curve)), 5 if angle else 4


def _variants(curve: Curve, number: int) -> Iterator[Curve]:
    """What may be tried at a node and the segment behind it, the simplest first."""
    size = len(curve)
    before = (number - 1) % size
    if size > 3:
        yield _without(curve, number)
    if size > 3 and _length(curve, number) < _SHORT:
        made = _sharpened(curve, number)
        if made:
            yield made
    if not curve.is_line[number]:
        yield _straightened(curve, number)
    has_curve = not (curve.is_line[before] and curve.is_line[number])
    if has_curve and not curve.is_smooth[number] and _turn(curve, number) < _BLUNT:
        yield replace(curve, is_smooth=_set(curve.is_smooth, number, True))
    yield _bent(curve, number) if curve.is_line[number] else _divided(curve, number)


def _set(flags: Flags, number: int, value: bool) -> Flags:
    changed = flags.copy()
    changed[number] = value
    return changed


def _length(curve: Curve, number: int) -> float:
    return float(np.hypot(*np.diff(curve.controls[number], axis=0).T).sum())


def _turn(curve: Curve, number: int) -> float:
    one, two = _direction(curve, number - 1, 1), _direction(curve, number, 0)
    return abs(float(np.arctan2(one[0] * two[1] - one[1] * two[0], one @ two)))


def _direction(curve: Curve, number: int, end: int) -> Numbers:
    """Unit vector along a segment at its beginning (0) or end (1)."""
    controls = curve.controls[number % len(curve)]
    for step in ((controls[1] - controls[0], controls[3] - controls[2])[end], controls[3] - controls[0]):
        length = np.hypot(*step)
        if length > 1e-6:
            return np.asarray(step / length)
    return np.array([1.0, 0.0])


def _without(curve: Curve, number: int) -> Curve:
    """Two segments as one: a line if both are lines, else a cubic."""
    size = len(curve)
    before, after = (number - 1) % size, number
    controls = curve.controls
    is_line = bool(curve.is_line[before] and curve.is_line[after])
    points = np.vstack([along(controls[before], _PLACES), along(controls[after], _PLACES), controls[after, 3:]])
    start, end = _direction(curve, before, 0), _direction(curve, after, 1)
    ends = np.concatenate([points[0], start, points[-1], end])
    a, b, total, _ = fit_cubic(paced(points, False), 0, len(points) - 1, ends, (0.0, 0.0), 1e3)
    if total < 0:
        a = b = float(np.hypot(*(points[-1] - points[0]))) / 3
    handles = curve.handles.copy()
    handles[before] = points[0] + a * start, points[-1] - b * end
    flags = _set(curve.is_line, before, is_line)
    return Curve.ring(
        np.delete(curve.nodes, number, axis=0),
        np.delete(curve.is_smooth, number),
        np.delete(flags, number),
        np.delete(handles, number, axis=0),
    )


def _sharpened(curve: Curve, number: int) -> Curve | None:
    """A short segment replaced by the corner that its neighbours meet in."""
    size = len(curve)
    following = (number + 1) % size
    start, end = curve.nodes[number], curve.nodes[following]
    u, v = _direction(curve, number - 1, 1), -_direction(curve, following, 0)
    cross = u[0] * v[1] - u[1] * v[0]
    if abs(cross) < 0.2:
        return None
    step = end - start
    along = (step[0] * v[1] - step[1] * v[0]) / cross
    back = (step[0] * u[1] - step[1] * u[0]) / cross
    if not (0 <= along < 2 * _SHORT and -2 * _SHORT < -back <= 2 * _SHORT):
        return None
    corner = start + along * u
    nodes, handles = curve.nodes.copy(), curve.handles.copy()
    handles[number - 1, 1] += corner - start
    handles[following, 0] += corner - end
    nodes[following] = corner
    smooth = _set(curve.is_smooth, following, False)
    return Curve.ring(
        np.delete(nodes, number, axis=0),
        np.delete(smooth, number),
        np.delete(curve.is_line, number),
        np.delete(handles, number, axis=0),
    )


def _straightened(curve: Curve, number: int) -> Curve:
    return Curve.ring(curve.nodes, curve.is_smooth, _set(curve.is_line, number, True), curve.handles)


def _bent(curve: Curve, number: int) -> Curve:
    """A line as a cubic."""
    handles = curve.handles.copy()
    handles[number] = curve.controls[number, 1:3]
    return Curve.ring(curve.nodes, curve.is_smooth, _set(curve.is_line, number, False), handles)


def _divided(curve: Curve, number: int) -> Curve:
    """A cubic as two."""
    p = curve.controls[number]
    a, b, c = (p[:-1] + p[1:]) / 2
    d, e = (a + b) / 2, (b + c) / 2
    middle = (d + e) / 2
    handles = curve.handles.copy()
    handles[number] = a, d
    at = number + 1
    return Curve.ring(
        np.insert(curve.nodes, at, middle, axis=0),
        np.insert(curve.is_smooth, at, True),
        np.insert(curve.is_line, at, False),
        np.insert(handles, at, np.array([e, c]), axis=0),
    )
