"""A frame: the pixels around one ring that no other strand touches, so that it can be tried by itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from svgai.engine.target import Target
from svgai.engine.unsample import unsample
from svgai.engine.web import Freedoms, Web
from svgai.strands import Curve, Network, Numbers, Strand, Strands, Stretch

_MARGIN = 3
_WORK_OF_ONE = 20_000
"""Pixels that might be painted in the time that each painting costs besides."""


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
        """What it costs to paint it, in pixels."""
        height, width = self.target.pixels.shape[:2]
        return int(height) * int(width) + _WORK_OF_ONE

    @classmethod
    def around(cls, network: Network, number: int, target: Target, shown: NDArray[np.float32]) -> Frame:
        """The frame of a ring in what the whole network looks like."""
        curve, stretch = network.curves[number], network.strands.all[number].stretches[0]
        height, width = target.pixels.shape[:2]
        low = np.maximum(np.floor(curve.controls.min(axis=(0, 1))) - _MARGIN, 0).astype(int)
        high = np.minimum(np.ceil(curve.controls.max(axis=(0, 1))) + _MARGIN, (width, height)).astype(int)
        window = slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))
        step = target.colours[stretch.left] - target.colours[stretch.right]
        alone = replace(target, pixels=target.pixels[window], colours=np.vstack([step, np.zeros((2, 4))]))
        frame = cls(_alone(network, number), alone, window, float((step**2).sum()))
        left = alone.pixels - (shown[window] - frame.shown(frame.moved_in(curve)))
        return replace(frame, target=replace(alone, pixels=np.ascontiguousarray(left)))

    def moved_in(self, curve: Curve) -> Curve:
        """A curve of the picture as it lies in the window."""
        return _shifted(curve, -self._corner)

    def moved_out(self, curve: Curve) -> Curve:
        return _shifted(curve, self._corner)

    def holding(self, curve: Curve) -> Network:
        """The ring alone, as this curve."""
        return replace(self.network, curves=(curve,))

    def shown(self, curve: Curve) -> NDArray[np.float32]:
        """What the ring alone looks like in this window."""
        return Web.woven(self.holding(curve)).rendered(self.target)

    def refined(self, curve: Curve, steps: int) -> Curve:
        """The curve, moved until it shows these pixels best."""
        network = self.holding(curve)
        target = unsample(network, {}, self.target)
        return Web.woven(network).refined(target, steps).network(network).curves[0]

    def error(self, curve: Curve) -> float:
        """What a curve leaves unexplained, in squared coverage."""
        return float(((self.shown(curve) - self.target.pixels) ** 2).sum()) / self.scale

    def cost(self, curve: Curve, numbers: int) -> float:
        """What a curve of so many numbers costs: these, and what it leaves unexplained."""
        return self.error(curve) + self.target.price * numbers

    @property
    def _corner(self) -> Numbers:
        """Where the window begins."""
        return np.array([self.window[1].start, self.window[0].start], np.float64)


def _alone(network: Network, number: int) -> Network:
    """One ring by itself: region 0 to its left, 1 to its right, and paper (2) elsewhere."""
    return _network(replace(network.strands.all[number], stretches=(Stretch(0, 1),)), network.curves[number])


def _network(strand: Strand, ring: Curve) -> Network:
    strands = Strands((strand,), np.empty((0, 2)), np.arange(3), np.zeros(3, np.int16))
    return Network(strands, (ring,), np.empty(0, np.int64), np.empty(0))


def _shifted(curve: Curve, by: Numbers) -> Curve:
    return replace(curve, nodes=curve.nodes + by, handles=curve.handles + by)


def numbers_in(ring: Curve) -> int:
    """How many numbers say how a ring runs: as many as may move."""
    strand = Strand(ring.nodes, True, (Stretch(0, 1),), (), (), None)
    return Freedoms.of(Web.woven(_network(strand, ring))).count
