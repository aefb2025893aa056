"""Rows as numbers: what models are fitted to and judged by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from svgai.ml.features import NAMES
from svgai.ml.metadata import TRACING
from svgai.ml.objective import worth
from svgai.ml.types import TYPES
from svgai.options import BASELINE
from svgai.training.rows import Row

Matrix: TypeAlias = NDArray[np.float32]
Flags: TypeAlias = NDArray[np.bool_]

UNKNOWN = -1
"""The type of a picture that nobody has said the type of."""


@dataclass(frozen=True, eq=False)
class Table:
    """n pictures. Where a method was not run or failed, its numbers are NaN."""

    rows: Sequence[Row]
    features: Matrix
    """n x features."""
    types: NDArray[np.int64]
    """The place of each picture's type in `TYPES`, or `UNKNOWN`."""
    quality: Matrix
    """n x methods."""
    seconds: Matrix
    falls: Matrix
    """1 where the result was the baseline's, since it did better, and 0 where it was the method's own."""
    groups: NDArray[np.int64]
    """A number for each drawing: pictures of one drawing are never apart."""
    thumbnails: NDArray[np.uint8] | None = None
    """n x side x side x 3, where the pictures themselves are looked at."""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def worth(self) -> Matrix:
        return worth(self.quality, self.seconds)  # type: ignore[arg-type,return-value] # arrays add like numbers

    @property
    def is_measured(self) -> Flags:
        return np.asarray(np.isfinite(self.quality).all(axis=1))

    def only(self, chosen: Any) -> Table:
        """Those rows that are chosen, by flags or places."""
        places: Any = np.flatnonzero(chosen) if np.asarray(chosen).dtype == bool else np.asarray(chosen)
        return Table(
            [self.rows[place] for place in places],
            self.features[places],
            self.types[places],
            self.quality[places],
            self.seconds[places],
            self.falls[places],
            self.groups[places],
            None if self.thumbnails is None else self.thumbnails[places],
        )

    def with_all(self, other: Table) -> Table:
        """These pictures and those after them; drawings of the two have nothing to do with each other."""
        return Table(
            [*self.rows, *other.rows],
            np.concatenate([self.features, other.features]),
            np.concatenate([self.types, other.types]),
            np.concatenate([self.quality, other.quality]),
            np.concatenate([self.seconds, other.seconds]),
            np.concatenate([self.falls, other.falls]),
            np.concatenate([self.groups, other.groups]),
        )

    def part(self, split: str) -> Table:
        return self.only(np.array([row.split == split for row in self.rows], dtype=bool))


def table_of(rows: Sequence[Row], thumbnails: NDArray[np.uint8] | None = None) -> Table:
    numbers = {name: number for number, name in enumerate(sorted({row.drawing for row in rows}))}
    made = [[row.methods.get(method) for method in TRACING] for row in rows]
    return Table(
        rows=rows,
        features=np.array([[row.features[name] for name in NAMES] for row in rows], np.float32).reshape(-1, len(NAMES)),
        types=np.array([_place(row.image_type) for row in rows], np.int64),
        quality=np.array([[each.ssim if each else np.nan for each in one] for one in made], np.float32),
        seconds=np.array([[each.seconds if each else np.nan for each in one] for one in made], np.float32),
        falls=np.array([[each.made_by == BASELINE if each else np.nan for each in one] for one in made], np.float32),
        groups=np.array([numbers[row.drawing] for row in rows], np.int64),
        thumbnails=thumbnails,
    )


def _place(image_type: str | None) -> int:
    return UNKNOWN if image_type is None else [each.value for each in TYPES].index(image_type)


def folds(groups: NDArray[np.int64], count: int, seed: int) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Places to fit on and to judge on, so many times; a drawing is always wholly on one side."""
    drawings = np.random.default_rng(seed).permutation(np.unique(groups))
    found = []
    for part in np.array_split(drawings, count):
        is_held = np.isin(groups, part)
        found.append((np.flatnonzero(~is_held), np.flatnonzero(is_held)))
    return found
