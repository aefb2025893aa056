"""What is taken where a router gives each method a chance to be right, and what comes of it.

The dearest method may gain little for its time: where the next one is foretold to do well enough, that is taken. What
is enough is in `svgai.ml.advice`; the table that is told here says what comes of other bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svgai.ml.advice import PLENTY
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
_BOUNDS = (0.97, 0.98, 0.985, 0.9875, 0.99, 0.9925, 0.995, 1.0)
"""To compare with the one that is taken."""
_NO_ERROR = 1e-6


@dataclass(frozen=True)
class Expected:
    """What a predictor foretells of pictures: n x methods."""

    quality: Matrix
    seconds: Matrix


@dataclass(frozen=True)
class Outcome:
    """What comes of choices."""

    right: float
    regret: float
    time: float
    """On whole flat pictures, as a share of the dearest method's."""
    removed: float


def taken(chances: Matrix, expected: Expected, plenty: float = PLENTY) -> NDArray[np.int64]:
    """The methods that are taken, as `Adviser` takes them: of every picture the first of a ranking."""
    worth = chances.copy()
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
    """A table of what comes of enough being less or more."""
    lines = [f"\n{'plenty':>10}{'right':>10}{'regret':>10}{'time':>10}{'removed':>10}"]
    for plenty in sorted({PLENTY, *_BOUNDS}):
        found = outcome_of(taken(chances, expected, plenty), table)
        figures = f"{found.right:>10.4f}{found.regret:>10.5f}{found.time:>10.3f}{found.removed:>10.4f}"
        lines.append(f"{plenty:>10.4f}{figures}{'  taken' if plenty == PLENTY else ''}")
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
