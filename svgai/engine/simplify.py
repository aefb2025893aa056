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
_BLUNTEST, _SHARP = 0.2, 0.5
"""Sine of the angle at a corner in place of a short segment, and in place of a cubic."""
_CLOSE = 0.35
"""Pixels from such a cubic to the corner."""
_STRAIGHT, _LEAN = 0.15, 0.3
"""Radians at a node between lines that may be one, and the slope of a line that may be level or upright."""
_SAME = 1e-9
"""A cost that is lower by so little is no lower."""
_TROUBLED = 0.5
"""Squared coverage that a ring leaves unexplained if something is amiss."""
_AROUND = 3
"""Pixels to each side of a segment in which what is left unexplained counts as its own."""
_ASTRAY = 3.0
"""Pixels that a ring may move in one trial."""
_PLACES: Final = np.linspace(0, 1, 10, endpoint=False)
"""Where on a segment it is compared with what may take its place."""


def simplify(network: Network, primitives: Primitives, target: Target, work: int) -> Network:
    """Try simpler curves for every ring that is no primitive, and richer ones where that explains more.

    The work, in pixels painted for trials, is shared out: what a ring does not need goes to those after it. As much
    again is for those that leave much unexplained.
    """
    curves = list(network.curves)
    rings = [number for number in network.free_rings() if number not in primitives]
    if not rings:
        return network
    web = Web.woven(network)
    painting = web.painted(target, web.steps(target))
    shown, errors = painting.canvas, web.errors(target, painting)
    troubled = {number: float(errors[number]) for number in rings if errors[number] > _TROUBLED}
    extra = work / max(1e-9, sum(troubled.values()))
    for done, number in enumerate(rings):
        frame = Frame.around(network, number, target, shown)
        curve = frame.moved_in(curves[number])
        own = int(extra * troubled.get(number, 0.0))
        made, trials = _simplest(frame, curve, (work // (len(rings) - done) + own) // _work(frame))
        shown[frame.window] += frame.shown(made) - frame.shown(curve)
        curves[number] = frame.moved_out(made)
        work -= max(0, trials * _work(frame) - own)
    return replace(network, curves=tuple(curves))


def _simplest(frame: Frame, curve: Curve, most_trials: int) -> tuple[Curve, int]:
    """The best curve found, and how many were tried."""
    search = _Search(frame, curve)
    for box, numbers in _boxes(curve):
        search.takes(box, numbers)
    number = 0
    while number < len(search.best):
        cornered = _cornered(search.best, number)
        if cornered:
            search.takes(cornered)
        number += 1
    is_better = len(search.best) >= _LEAST
    while is_better and search.trials < most_trials:
        is_better = False
        search.best = _from_worst(frame, search.best)
        number = 0
        while number < len(search.best) and search.trials < most_trials:
            if any(search.takes(trial) for trial in _variants(search.best, number)):
                is_better = True
            else:
                number += 1
    return search.best, search.trials


def _from_worst(frame: Frame, curve: Curve) -> Curve:
    """The ring from that of its nodes on behind which most is left unexplained."""
    off = ((frame.shown(curve) - frame.target.pixels) ** 2).sum(axis=-1, dtype=np.float64)
    total = np.pad(off.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    places = np.stack([along(segment, _PLACES) for segment in curve.controls]).astype(int)
    height, width = off.shape
    left, right = (np.clip(places[..., 0] + reach, 0, width) for reach in (-_AROUND, _AROUND + 1))
    top, bottom = (np.clip(places[..., 1] + reach, 0, height) for reach in (-_AROUND, _AROUND + 1))
    around = total[bottom, right] - total[top, right] - total[bottom, left] + total[top, left]
    return _rolled(curve, int(np.argmax(around.max(axis=1))))


def _rolled(curve: Curve, number: int) -> Curve:
    """The same ring from another node on."""
    return replace(
        curve,
        nodes=np.roll(curve.nodes, -number, axis=0),
        is_smooth=np.roll(curve.is_smooth, -number),
        is_line=np.roll(curve.is_line, -number),
        handles=np.roll(curve.handles, -number, axis=0),
    )


class _Search:
    """The best of all curves that were tried in a frame."""

    def __init__(self, frame: Frame, curve: Curve) -> None:
        self.frame, self.trials = frame, 0
        self.best = frame.refined(curve, _STEPS)
        if _strays(self.best, curve):
            self.best = curve
        self.cost = frame.cost(self.best, numbers_in(self.best))

    def takes(self, trial: Curve, numbers: int | None = None) -> bool:
        """Whether a curve, once refined, is the best; of a known form it is known how many numbers it takes."""
        self.trials += 1
        made = self.frame.refined(trial, _STEPS)
        cost = self.frame.cost(made, numbers_in(made) if numbers is None else numbers)
        is_better = cost < self.cost - _SAME and not _strays(made, self.best)
        if is_better:
            self.best, self.cost = made, cost
        return is_better


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
    far = _crossing(start, u, end, v, _BLUNTEST)
    if far is None or not (0 <= far[0] < 2 * _SHORT and -2 * _SHORT <= far[1] < 2 * _SHORT):
        return None
    corner = start + far[0] * u
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


def _cornered(curve: Curve, number: int) -> Curve | None:
    """A cubic that hugs a corner as the two lines in which it begins and ends, level or upright if they nearly are.

    In a few pixels a stroke's end looks round; its corners are no place where curves are divided at first.
    """
    if curve.is_line[number]:
        return None
    controls, u, v = curve.controls[number], _direction(curve, number, 0), -_direction(curve, number, 1)
    far = _crossing(controls[0], u, controls[3], v, _SHARP)
    if far is None or min(far) <= 0:
        return None
    corner = controls[0] + far[0] * u
    if np.hypot(*(along(controls, _PLACES) - corner).T).min() > _CLOSE:
        return None
    at = number + 1
    made = Curve.ring(
        np.insert(curve.nodes, at, corner, axis=0),
        np.insert(curve.is_smooth, at, False),
        np.insert(_set(curve.is_line, number, True), at, True),
        np.insert(curve.handles, at, curve.handles[number], axis=0),
    )
    for node in (at + 1) % len(made), number:  # lines that go on as these begin
        if made.is_line[node - 1] and made.is_line[node] and _turn(made, node) < _STRAIGHT:
            made = _without(made, node)
            at -= node < at
    return _levelled(_levelled(made, (at - 1) % len(made)), at)


def _crossing(one: Numbers, u: Numbers, other: Numbers, v: Numbers, least: float) -> tuple[float, float] | None:
    """How far it is from two points in these directions to where both meet; None below the least sine of the angle."""
    cross, step = u[0] * v[1] - u[1] * v[0], other - one
    if abs(cross) < least:
        return None
    return (step[0] * v[1] - step[1] * v[0]) / cross, (step[0] * u[1] - step[1] * u[0]) / cross


def _levelled(curve: Curve, number: int) -> Curve:
    """A line that is nearly level or upright, exactly so."""
    following = (number + 1) % len(curve)
    step = np.abs(curve.nodes[following] - curve.nodes[number])
    across = int(step[1] < step[0])
    if step[across] > _LEAN * step[1 - across]:
        return curve
    nodes, handles = curve.nodes.copy(), curve.handles.copy()
    nodes[[number, following], across] = curve.nodes[[number, following], across].mean()
    handles[number - 1, 1] += nodes[number] - curve.nodes[number]
    handles[following, 0] += nodes[following] - curve.nodes[following]
    return replace(curve, nodes=nodes, handles=handles)


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
