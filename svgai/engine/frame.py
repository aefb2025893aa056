"""A frame: the pixels around one strand, so that it can be tried by itself.

Strands that it meets follow where it goes, and stay otherwise as they are; of all others it is known what they show.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from svgai.engine.fitting import refine_shapes
from svgai.engine.forms import Form, is_reversed, numbers_of, outline
from svgai.engine.kernels.beziers import nearest
from svgai.engine.kernels.moves import find_freedoms, find_level
from svgai.engine.target import Target
from svgai.engine.unsample import unsample
from svgai.engine.web import Web
from svgai.strands import Curve, Network, Numbers, along

Window: TypeAlias = tuple[slice, slice]
"""Rows and columns of the picture."""

_MARGIN = 3
_WORK_OF_ONE = 20_000
"""Pixels that might be painted in the time that each painting costs besides, and two more strands cost as much."""
_FARTHEST = 2.0
"""Pixels that a joint may move."""


@dataclass(frozen=True, eq=False)
class Frame:
    """The pixels around one strand, and what of them all others leave to it and to those that it meets."""

    part: Network
    """These strands alone, the one in question last, as they lie in the window."""
    strands: tuple[int, ...]
    """Their numbers in the whole network."""
    joints: tuple[int, ...]
    target: Target
    window: Window
    scale: float
    """Squared colours of one squared pixel of coverage."""

    @property
    def curve(self) -> Curve:
        return self.part.curves[-1]

    @property
    def work(self) -> int:
        """What it costs to paint it, in pixels."""
        height, width = self.target.pixels.shape[:2]
        return int(height) * int(width) + _WORK_OF_ONE * (1 + len(self.strands)) // 2

    @classmethod
    def around(cls, network: Network, number: int, target: Target, shown: NDArray[np.float32]) -> Frame:
        """The frame of a strand in what the whole network looks like."""
        part, strands, joints = _meeting(network, number)
        window = _around([part.curves[-1]], target)
        stretches = part.strands.all[-1].stretches
        steps = [target.colours[stretch.left] - target.colours[stretch.right] for stretch in stretches]
        part = _shifted(part, -_corner(window))
        there = replace(target, pixels=target.pixels[window])
        left = there.pixels - (shown[window] - Web.woven(part).rendered(there))
        scale = max(float((step**2).sum()) for step in steps)
        return cls(part, strands, joints, replace(there, pixels=np.ascontiguousarray(left)), window, scale)

    def moved_in(self, curve: Curve) -> Curve:
        """A curve of the picture as it lies in the window."""
        return _moved(curve, -_corner(self.window))

    def moved_out(self, curve: Curve) -> Curve:
        return _moved(curve, _corner(self.window))

    def holding(self, curve: Curve) -> Network:
        """These strands with another curve for the one in question, joined where they come nearest."""
        strand, number = self.part.strands.all[-1], len(self.part.curves) - 1
        places = self.part.places.copy()
        for joint, (x, y) in zip(strand.joints, _joined(self.part), strict=True):
            segment, t, _, _ = nearest(curve.controls, x, y)
            places[joint] = segment + t
        for joint, (x, y) in zip(strand.ends or (), curve.nodes[[0, -1]], strict=False):
            host = int(self.part.hosts[joint])
            if host >= 0 and host != number:
                segment, t, _, _ = nearest(self.part.curves[host].controls, x, y)
                places[joint] = segment + t
        return replace(self.part, curves=(*self.part.curves[:-1], curve), places=places)

    def keeps(self, part: Network) -> bool:
        """Whether all joints are about where they were, and follow each other as they did."""
        for strand in part.strands:
            places = part.places[list(strand.joints)]
            ahead = np.diff(places, append=places[:1]) if strand.is_ring else np.diff(places)
            if (ahead <= 0).sum() > strand.is_ring:
                return False
        off = _joined(part) - _joined(self.part)
        if not self.curve.is_ring:
            off = np.vstack([off, part.curves[-1].nodes[[0, -1]] - self.curve.nodes[[0, -1]]])
        return not len(off) or float(np.hypot(*off.T).max()) < _FARTHEST

    def fitted(self, form: Form) -> Form:
        """A form in place of the strand, a ring alone, moved until it shows these pixels best."""
        part = self.holding(self.outline(form))
        return refine_shapes({0: form}, part, unsample(part, {}, self.target))[0]

    def outline(self, form: Form) -> Curve:
        """A form as a curve that runs as the strand does."""
        return outline(form, numbers_of(form)[0], is_reversed(self.curve))

    def form_in(self, form: Form) -> Form:
        """A form of the picture as it lies in the window."""
        x, y = _corner(self.window).tolist()
        return replace(form, x=form.x - x, y=form.y - y)

    def form_out(self, form: Form) -> Form:
        x, y = _corner(self.window).tolist()
        return replace(form, x=form.x + x, y=form.y + y)

    def shown(self, part: Network) -> NDArray[np.float32]:
        """What these strands look like in this window."""
        return Web.woven(part).rendered(self.target)

    def refined(self, part: Network, steps: int) -> Network:
        """The strand moved until it shows these pixels best."""
        return self._refined(part, steps).network(part)

    def tried(self, part: Network, steps: int) -> tuple[Network, float]:
        """The strand moved until it shows these pixels best, and what is left unexplained then."""
        web = self._refined(part, steps)
        return web.network(part), self._error(web)

    def error(self, part: Network) -> float:
        """What these strands leave unexplained, in squared coverage."""
        return self._error(Web.woven(part))

    def _refined(self, part: Network, steps: int) -> Web:
        resting = np.arange(len(part.curves)) < len(part.curves) - 1
        target = unsample(part, {}, self.target)
        return Web.woven(part).refined(target, steps, resting=resting)

    def _error(self, web: Web) -> float:
        return web.error(self.target) / self.scale

    def cost(self, error: float, numbers: int) -> float:
        """What is left unexplained costs, and so many numbers that say how the strand runs."""
        return error + self.target.price * numbers

    def returned(self, network: Network, part: Network) -> Network:
        """The whole network with this part as it is now."""
        places, is_hosted = network.places.copy(), part.hosts >= 0
        places[np.array(self.joints, np.int64)[is_hosted]] = part.places[is_hosted]
        curves = _shifted(part, _corner(self.window)).curves
        return replace(network.redrawn(dict(zip(self.strands, curves, strict=True))), places=places)

    def repaint(self, shown: NDArray[np.float32], target: Target, part: Network) -> None:
        """Change what the whole network looks like to what it does with this part as it is now."""
        pairs = zip(self.part.curves, part.curves, strict=True)
        changed = [self.moved_out(curve) for pair in pairs if not _same(*pair) for curve in pair]
        if changed:
            window = _around(changed, target)
            there, by = replace(target, pixels=target.pixels[window]), _corner(self.window) - _corner(window)
            before, after = (Web.woven(_shifted(each, by)).rendered(there) for each in (self.part, part))
            shown[window] += after - before


def numbers_in(curve: Curve) -> int:
    """How many numbers say how a curve runs: as many as may move."""
    size, count = len(curve), len(curve.nodes)
    first = np.arange(size, dtype=np.int32)
    last = (first + 1) % np.int32(count)
    before, after, host, keeps = np.full((4, count), -1, np.int32)
    before[last] = after[first] = first
    nodes, is_line = np.ascontiguousarray(curve.nodes), np.ascontiguousarray(curve.is_line)
    chain = np.empty((count, 2), np.int32)
    find_level(nodes, first, last, is_line, host, np.zeros(count), curve.controls, keeps, chain)
    return int(
        find_freedoms(
            nodes, first, last, np.ascontiguousarray(curve.handles), is_line, np.ascontiguousarray(curve.is_smooth),
            before, after, host, keeps, chain,
            np.empty((count, 2), np.int32), np.empty(count, np.int32),
            np.empty((size, 2), np.int32), np.empty((size, 2), np.int32),
        )
    )  # fmt: skip


def _meeting(network: Network, number: int) -> tuple[Network, tuple[int, ...], tuple[int, ...]]:
    """A strand and those that it meets; with their numbers, and those of their joints, in the whole network.

    Where one of them ends on a strand that is not among them, it stays.
    """
    own = network.strands.all[number]
    near: set[int] = set()
    for joint in (*own.joints, *(own.ends or ())):
        near.update((*network.strands.ending[joint], int(network.hosts[joint])))
    chosen = (*sorted(near - {-1, number}), number)
    strands = [network.strands.all[each] for each in chosen]
    joints = tuple(sorted({joint for strand in strands for joint in (*strand.joints, *(strand.ends or ()))}))
    there, place = ({each: k for k, each in enumerate(kept)} for kept in (chosen, joints))
    renumbered = tuple(
        replace(
            strand,
            joints=tuple(place[joint] for joint in strand.joints),
            ends=strand.ends and (place[strand.ends[0]], place[strand.ends[1]]),
        )
        for strand in strands
    )
    at = np.array(joints, np.int64)
    hosts = np.array([there.get(host, -1) for host in network.hosts[at].tolist()], np.int64)
    part = Network(
        replace(network.strands, all=renumbered, joints=network.strands.joints[at]),
        tuple(network.curves[each] for each in chosen),
        hosts,
        network.places[at],
    )
    return part, chosen, joints


def _joined(part: Network) -> Numbers:
    """Where the joints that the last strand passes are on it."""
    controls = part.curves[-1].controls
    points = []
    for joint in part.strands.all[-1].joints:
        segment, t = part.position(joint)
        points.append(along(controls[segment], np.array([t]))[0])
    return np.array(points).reshape(-1, 2)


def _around(curves: Iterable[Curve], target: Target) -> Window:
    """The pixels around curves."""
    height, width = target.pixels.shape[:2]
    points = np.concatenate([curve.controls.reshape(-1, 2) for curve in curves])
    low = np.clip(np.floor(points.min(axis=0)) - _MARGIN, 0, (width - 1, height - 1)).astype(int)
    high = np.clip(np.ceil(points.max(axis=0)) + _MARGIN, low + 1, (width, height)).astype(int)
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


def _corner(window: Window) -> Numbers:
    """Where a window begins."""
    return np.array([window[1].start, window[0].start], np.float64)


def _same(one: Curve, other: Curve) -> bool:
    return len(one) == len(other) and np.array_equal(one.controls, other.controls)


def _shifted(part: Network, by: Numbers) -> Network:
    return replace(part, curves=tuple(_moved(curve, by) for curve in part.curves))


def _moved(curve: Curve, by: Numbers) -> Curve:
    return replace(curve, nodes=curve.nodes + by, handles=curve.handles + by)
