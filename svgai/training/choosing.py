"""What is taken where a router gives each method a chance to be right, and what comes of it.

A wrong choice can cost more than many right ones gain, and the dearest method may gain little for its time. So a second
has its price, and enough is enough: both are in `svgai.ml.advice`, and were chosen by the table that is told here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svgai.ml.advice import PLENTY, SECOND
from svgai.ml.metadata import TRACING
from svgai.options import BASELINE
from svgai.training.judging import judge_chosen
from svgai.training.tables import Matrix, Table

LEAST_RIGHT = 0.92
"""How many choices should be right."""
LEAST_REMOVED = 0.85
"""Of the baseline's error on whole flat pictures..."""
MOST_TIME = 0.5
"""...in that share of the dearest method's time."""
_SECONDS = (0.0, 0.04, 0.06, 0.08, 0.1, 0.15)
_ENOUGH = (0.98, 0.985, 0.9875, 0.99, 0.995)
"""Prices of a second, and qualities that are enough, to compare with those that are taken."""
_NO_ERROR = 1e-6


@dataclass(frozen=True)
class Expected:
    """What a predictor foretells of pictures: n x methods."""

    quality: Matrix
    seconds: Matrix

    def with_all(self, other: Expected) -> Expected:
        """These pictures and those after them."""
        return Expected(np.concatenate([self.quality, other.quality]), np.concatenate([self.seconds, other.seconds]))


@dataclass(frozen=True)
class Outcome:
    """What comes of choices."""

    right: float
    regret: float
    time: float
    """On whole flat pictures, as a share of the dearest method's."""
    removed: float


def taken(chances: Matrix, expected: Expected, second: float = SECOND, plenty: float = PLENTY) -> NDArray[np.int64]:
    """The methods that are taken, as `Adviser` takes them: of every picture the first of a ranking."""
    worth = chances - second * expected.seconds
    worth[:, TRACING.index(BASELINE)] = -np.inf
    after, first = np.argsort(worth, axis=1, kind="stable")[:, -2:].T
    rows = np.arange(len(worth))
    is_dearest = expected.seconds[rows, first] >= expected.seconds.max(axis=1)
    is_left = is_dearest & (expected.quality[rows, after] >= plenty)
    chosen: NDArray[np.int64] = np.where(is_left, after, first)
    return chosen


def outcome_of(chosen: NDArray[np.int64], table: Table) -> Outcome:
    """Of pictures with every method measured."""
    figures = judge_chosen(chosen, table)
    return Outcome(figures["right"], figures["regret"], *_on_flat(chosen, table))


def told(chances: Matrix, expected: Expected, table: Table) -> str:
    """A table of what comes of other prices of a second, and of enough being less or more."""
    lines = [f"{'a second':>10}{'plenty':>10}{'right':>10}{'regret':>10}{'time':>10}{'removed':>10}"]
    for second in sorted({SECOND, *_SECONDS}):
        for plenty in sorted({PLENTY, *_ENOUGH}):
            found = outcome_of(taken(chances, expected, second, plenty), table)
            mark = "  taken" if (second, plenty) == (SECOND, PLENTY) else ""
            lines.append(
                f"{second:>10.3f}{plenty:>10.4f}{found.right:>10.4f}{found.regret:>10.5f}"
                f"{found.time:>10.3f}{found.removed:>10.4f}{mark}"
            )
    return "\n".join(lines)


def _on_flat(chosen: NDArray[np.int64], table: Table) -> Sequence[float]:
    """Time and error removed, on whole pictures of flat drawings; as good as can be where there are none."""
    flat = np.array([row.is_flat and row.is_whole for row in table.rows], dtype=bool)
    if not flat.any():
        return 0.0, 1.0
    rows, own = np.flatnonzero(flat), chosen[flat]
    dearest = float(table.seconds[rows].mean(axis=0).max())
    time = float(table.seconds[rows, own].mean() / max(1e-9, dearest))
    before = 1 - table.quality[rows, TRACING.index(BASELINE)]
    after = 1 - table.quality[rows, own]
    worse = before > _NO_ERROR
    return time, float((1 - after[worse] / before[worse]).mean()) if worse.any() else 1.0
