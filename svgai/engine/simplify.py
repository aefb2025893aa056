"""Simplification: the simplest curves that explain the picture.

Each ring is tried with a node less, a corner rounded or a curve straightened, and where much is left
unexplained with a node more. What is tried is refined against the pixels around the ring alone, all
other strands staying where they are, and kept if what it explains is worth its numbers.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from svgai.engine.frame import Frame, numbers_in
from svgai.engine.kernels.beziers import are_near
from svgai.engine.target import Target
from svgai.engine.variants import PLACES, at_extremes, boxes, cornered, rolled, variants
from svgai.engine.web import Web
from svgai.strands import Curve, Network, Primitives, along

_LEAST = 3
"""Segments of a ring in which single ones are tried otherwise."""
_STEPS = 4
_SAME = 1e-9
"""A cost that is lower by so little is no lower."""
_TROUBLED = 0.5
"""Squared coverage that a ring leaves unexplained if something is amiss."""
_AROUND = 3
"""Pixels to each side of a segment in which what is left unexplained counts as its own."""
_ASTRAY = 3.0
"""Pixels that a ring may move in one trial."""


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
    for box, numbers in boxes(curve):
        search.takes(box, numbers)
    number = 0
    while number < len(search.best):
        trial = cornered(search.best, number)
        if trial:
            search.takes(trial)
        number += 1
    trial = at_extremes(search.best)
    if trial:
        search.takes(trial)
    is_better = len(search.best) >= _LEAST
    while is_better and search.trials < most_trials:
        is_better = False
        search.best = _from_worst(frame, search.best)
        number = 0
        while number < len(search.best) and search.trials < most_trials:
            if any(search.takes(trial) for trial in variants(search.best, number)):
                is_better = True
            else:
                number += 1
    return search.best, search.trials


def _from_worst(frame: Frame, curve: Curve) -> Curve:
    """The ring from that of its nodes on behind which most is left unexplained."""
    off = ((frame.shown(curve) - frame.target.pixels) ** 2).sum(axis=-1, dtype=np.float64)
    total = np.pad(off.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    places = np.stack([along(segment, PLACES) for segment in curve.controls]).astype(int)
    height, width = off.shape
    left, right = (np.clip(places[..., 0] + reach, 0, width) for reach in (-_AROUND, _AROUND + 1))
    top, bottom = (np.clip(places[..., 1] + reach, 0, height) for reach in (-_AROUND, _AROUND + 1))
    around = total[bottom, right] - total[top, right] - total[bottom, left] + total[top, left]
    return rolled(curve, int(np.argmax(around.max(axis=1))))


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
    points = np.concatenate([along(segment, PLACES) for segment in ring.controls])
    return not are_near(points, former.controls, _ASTRAY)


def _work(frame: Frame) -> int:
    """What one trial costs."""
    return (_STEPS + 2) * frame.work
