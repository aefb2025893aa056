"""Simplification: the simplest curves that explain the picture.

Each ring is tried with a node less, a corner rounded or a curve straightened, and where much is left
unexplained with a node more. What is tried is refined against the pixels around the ring alone, all
other strands staying where they are, and kept if what it explains is worth its numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from svgai.cover import Cover, Inks
from svgai.engine.kernels.chains import fit_cubic, paced
from svgai.engine.web import Target, Web
from svgai.picture import Picture
from svgai.strands import Curve, Network, Numbers, Primitives, Strands, Stretch, along

Flags: TypeAlias = NDArray[np.bool_]

PRICE = 0.005
"""What a number of the drawing must explain: squared coverage, summed over pixels."""
_LINE, _CUBIC = 2, 6
_MARGIN = 3
_STEPS = 4
_WORK_OF_ONE = 20_000
"""Pixels that might be painted in the time that each painting costs besides."""
_BLUNT = 0.35
"""Radians; a corner that turns more is none that could be smooth."""
_SHORT = 4.0
"""Pixels of a segment that may be but a corner cut off."""
_PLACES: Final = np.linspace(0, 1, 10, endpoint=False)
"""Where on a segment it is compared with what may take its place."""


def simplify(
    network: Network, primitives: Primitives, inks: Inks, cover: Cover, picture: Picture, work: int
) -> Network:
    """Try simpler curves for every ring that is no primitive, and richer ones where that explains more.

    The work, in pixels painted for trials, is shared out: what a ring does not need goes to those after it.
    """
    target = Target.of(network.strands, inks, cover, picture)
    curves = list(network.curves)
    rings = [number for number in range(len(curves)) if _is_free(network, number) and number not in primitives]
    if not rings:
        return network
    shown = Web.woven(network).shown(target)
    for done, number in enumerate(rings):
        frame = Frame.around(network, number, target, shown)
        made, trials = frame.simplest(curves[number], work // (len(rings) - done) // frame.work)
        shown[frame.window] += frame.shown(made) - frame.shown(curves[number])
        curves[number] = made
        work -= trials * frame.work
    return replace(network, curves=tuple(curves))


def _is_free(network: Network, number: int) -> bool:
    """Whether no other strand touches this one, so that it can be tried by itself."""
    strand = network.strands.all[number]
    return strand.is_ring and not strand.joints and len(network.curves[number]) >= 3


@dataclass(frozen=True, eq=False)
class Frame:
    """The pixels around one ring, and what of them the other strands leave to it."""

    network: Network
    """That ring alone."""
    target: Target
    window: tuple[slice, slice]
    """Rows and columns of the picture."""
    scale: float
    """Squared colours of one squared pixel of coverage."""

    @property
    def work(self) -> int:
        """What one trial costs."""
        height, width = self.target.pixels.shape[:2]
        return (_STEPS + 2) * (int(height) * int(width) + _WORK_OF_ONE)

    @property
    def corner(self) -> Numbers:
        """Where the window begins."""
        return np.array([self.window[1].start, self.window[0].start], np.float64)

    @classmethod
    def around(cls, network: Network, number: int, target: Target, shown: NDArray[np.float32]) -> Frame:
        """The frame of a ring in what the whole network looks like."""
        curve, stretch = network.curves[number], network.strands.all[number].stretches[0]
        height, width = target.pixels.shape[:2]
        low = np.maximum(np.floor(curve.controls.min(axis=(0, 1))) - _MARGIN, 0).astype(int)
        high = np.minimum(np.ceil(curve.controls.max(axis=(0, 1))) + _MARGIN, (width, height)).astype(int)
        window = slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))
        step = target.colours[stretch.left] - target.colours[stretch.right]
        alone = Target(target.pixels[window], np.vstack([step, np.zeros((2, 4))]))
        frame = cls(_alone(network, number), alone, window, float((step**2).sum()))
        left = alone.pixels - (shown[window] - frame.shown(curve))
        return replace(frame, target=replace(alone, pixels=np.ascontiguousarray(left)))

    def shown(self, curve: Curve) -> NDArray[np.float32]:
        """What the ring alone looks like in this window."""
        network = replace(self.network, curves=(_shifted(curve, -self.corner),))
        return Web.woven(network).shown(self.target)

    def simplest(self, curve: Curve, most_trials: int) -> tuple[Curve, int]:
        """The best curve found, and how many were tried."""
        best, cost = self.refined(_shifted(curve, -self.corner))
        trials = 0
        is_better = True
        while is_better and trials < most_trials:
            is_better = False
            number = 0
            while number < len(best) and trials < most_trials:
                for trial in _variants(best, number):
                    trials += 1
                    made, price = self.refined(trial)
                    if price < cost - 1e-9:
                        best, cost, is_better = made, price, True
                        break
                else:
                    number += 1
        return _shifted(best, self.corner), trials

    def refined(self, curve: Curve) -> tuple[Curve, float]:
        """The curve after refinement, and what it costs: its numbers, and what it leaves unexplained."""
        network = replace(self.network, curves=(curve,))
        web = Web.woven(network).refined(self.target, _STEPS)
        made = web.network(network).curves[0]
        error = web.painted(self.target, web.steps(self.target)).error(self.target)
        numbers = float(np.where(made.is_line, _LINE, _CUBIC).sum())
        return made, error / self.scale + PRICE * numbers


def _alone(network: Network, number: int) -> Network:
    """One ring by itself: region 0 to its left, 1 to its right, and paper (2) elsewhere."""
    ring = replace(network.strands.all[number], stretches=(Stretch(0, 1),))
    strands = Strands((ring,), np.empty((0, 2)), np.arange(3), np.zeros(3, np.int16))
    return Network(strands, (network.curves[number],), np.empty(0, np.int64), np.empty(0))


def _shifted(curve: Curve, by: Numbers) -> Curve:
    return replace(curve, nodes=curve.nodes + by, handles=curve.handles + by)


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
    return _ring(
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
    return _ring(
        np.delete(nodes, number, axis=0),
        np.delete(smooth, number),
        np.delete(curve.is_line, number),
        np.delete(handles, number, axis=0),
    )


def _straightened(curve: Curve, number: int) -> Curve:
    return _ring(curve.nodes, curve.is_smooth, _set(curve.is_line, number, True), curve.handles)


def _bent(curve: Curve, number: int) -> Curve:
    """A line as a cubic."""
    handles = curve.handles.copy()
    handles[number] = curve.controls[number, 1:3]
    return _ring(curve.nodes, curve.is_smooth, _set(curve.is_line, number, False), handles)


def _divided(curve: Curve, number: int) -> Curve:
    """A cubic as two."""
    p = curve.controls[number]
    a, b, c = (p[:-1] + p[1:]) / 2
    d, e = (a + b) / 2, (b + c) / 2
    middle = (d + e) / 2
    handles = curve.handles.copy()
    handles[number] = a, d
    at = number + 1
    return _ring(
        np.insert(curve.nodes, at, middle, axis=0),
        np.insert(curve.is_smooth, at, True),
        np.insert(curve.is_line, at, False),
        np.insert(handles, at, np.array([e, c]), axis=0),
    )


def _ring(nodes: Numbers, is_smooth: Flags, is_line: Flags, handles: Numbers) -> Curve:
    """A ring in which lines do not meet smoothly."""
    return Curve(nodes, is_smooth & ~(is_line & np.roll(is_line, 1)), is_line, handles, True)
