"""How far a router goes: between always the method that is best for most pictures, and always its own first choice.

A wrong choice can cost more than many right ones gain, and the dearest method may gain little for its time. So the
usual method, the best of the others, gets a bonus (caution) and the dearest one a malus (thrift), which are chosen on
drawings that the router was not fitted on: as much as can be of what is wanted, and of that the least regret.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svgai.methods import BASELINE
from svgai.ml.metadata import TRACING
from svgai.training.judging import judge_chosen, regrets
from svgai.training.tables import Matrix, Table

LEAST_RIGHT = 0.92
"""How many choices should be right."""
LEAST_REMOVED = 0.85
"""Of the baseline's error on whole flat pictures..."""
MOST_TIME = 0.5
"""...in that share of the dearest method's time."""
_STEPS = 12
_NO_ERROR = 1e-6
_MOST_TOLD = 16


@dataclass(frozen=True)
class Point:
    """A bonus and a malus, and what comes of them."""

    caution: float
    thrift: float
    right: float
    regret: float
    time: float
    """On whole flat pictures, as a share of the dearest method's."""
    removed: float

    def met(self, fixed: float) -> int:
        """How much of what is wanted it does; `fixed` is the least regret of always the same method."""
        return sum(
            (
                self.right >= LEAST_RIGHT,
                self.regret <= fixed,
                self.time <= MOST_TIME,
                self.removed >= LEAST_REMOVED,
            )
        )


@dataclass(frozen=True)
class Frontier:
    """What can be had, and what was taken."""

    usual: str
    dearest: str
    fixed: float
    """The least regret of always taking the same method."""
    points: Sequence[Point]
    """Those of which none is better in everything than another, by regret."""
    taken: Point

    def shift(self) -> Matrix:
        """What is added to each method's score."""
        shift = np.zeros(len(TRACING), np.float32)
        shift[TRACING.index(self.usual)] += self.taken.caution
        shift[TRACING.index(self.dearest)] -= self.taken.thrift
        return shift

    def told(self) -> str:
        """A table, with what was taken marked."""
        lines = [
            f"\n{self.usual} is the usual method, {self.dearest} the dearest; "
            f"always the same has a regret of {self.fixed:.5f} at best."
        ]
        lines.append(f"{'caution':>10}{'thrift':>10}{'right':>10}{'regret':>10}{'time':>10}{'removed':>10}")
        step = -(-len(self.points) // _MOST_TOLD)
        for each in [point for n, point in enumerate(self.points) if n % step == 0 or point is self.taken]:
            mark = "  taken" if each is self.taken else ""
            lines.append(
                f"{each.caution:>10.3f}{each.thrift:>10.3f}{each.right:>10.4f}{each.regret:>10.5f}"
                f"{each.time:>10.3f}{each.removed:>10.4f}{mark}"
            )
        return "\n".join(lines)


def find_frontier(scores: Matrix, table: Table) -> Frontier:
    """Try all degrees of caution and thrift on pictures with every method measured."""
    lost = regrets(table).mean(axis=0)
    dearest = int(table.seconds.mean(axis=0).argmax())
    usual = int(np.where(np.arange(len(lost)) == dearest, np.inf, lost).argmin())
    fixed = float(lost.min())
    points = [
        _point(scores, table, usual, dearest, caution, thrift)
        for caution in _degrees(scores, usual)
        for thrift in _degrees(scores, dearest)
    ]
    best = min(points, key=lambda point: (-point.met(fixed), point.regret, point.time))
    kept = sorted({point for point in points if not any(_is_better(other, point) for other in points)}, key=_by_regret)
    return Frontier(TRACING[usual], TRACING[dearest], fixed, _first_of_equals([best, *kept]), best)


def _by_regret(point: Point) -> tuple[float, float, float]:
    return point.regret, point.time, point.caution


def _first_of_equals(points: Sequence[Point]) -> list[Point]:
    """One of each outcome; the first of all is always there."""
    outcomes: dict[tuple[float, ...], Point] = {}
    for point in points:
        outcomes.setdefault((point.right, point.regret, point.time, point.removed), point)
    return sorted(outcomes.values(), key=_by_regret)


def _is_better(one: Point, other: Point) -> bool:
    """In something better and in nothing worse."""
    pairs = (
        (one.right, other.right),
        (-one.regret, -other.regret),
        (-one.time, -other.time),
        (one.removed, other.removed),
    )
    return all(mine >= its for mine, its in pairs) and any(mine > its for mine, its in pairs)


def _degrees(scores: Matrix, place: int) -> list[float]:
    """How much is to be added to one score to make it the highest of some pictures, of more, of all."""
    others = np.delete(scores, place, axis=1).max(axis=1)
    behind = np.abs(others - scores[:, place])
    return [0.0, *(float(each) for each in np.quantile(behind, np.linspace(0.05, 1, _STEPS)) + 1e-4)]


def _point(scores: Matrix, table: Table, usual: int, dearest: int, caution: float, thrift: float) -> Point:
    shifted = scores.copy()
    shifted[:, usual] += caution
    shifted[:, dearest] -= thrift
    chosen = shifted.argmax(axis=1)
    figures = judge_chosen(chosen, table)
    time, removed = _on_flat(chosen, table, dearest)
    return Point(caution, thrift, figures["right"], figures["regret"], time, removed)


def _on_flat(chosen: NDArray[np.int64], table: Table, dearest: int) -> tuple[float, float]:
    """Time and error removed, on whole pictures of flat drawings; as good as can be where there are none."""
    flat = np.array([row.is_flat and row.is_whole for row in table.rows], dtype=bool)
    if not flat.any():
        return 0.0, 1.0
    rows, own = np.flatnonzero(flat), chosen[flat]
    time = float(table.seconds[rows, own].mean() / max(1e-9, float(table.seconds[rows, dearest].mean())))
    before = 1 - table.quality[rows, TRACING.index(BASELINE)]
    after = 1 - table.quality[rows, own]
    worse = before > _NO_ERROR
    return time, float((1 - after[worse] / before[worse]).mean()) if worse.any() else 1.0
