"""A picture as a map: regions of one ink each, and the boundaries between them, each kept once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

OUTSIDE = -1
"""The region that lies beyond the picture."""


@dataclass(frozen=True, eq=False)
class Regions:
    """Places of one ink that hang together."""

    labels: NDArray[np.int32]
    """height x width: the region of each pixel."""
    inks: NDArray[np.int16]
    """The ink of each region."""

    def __len__(self) -> int:
        return len(self.inks)


@dataclass(frozen=True)
class Boundary:
    """A line between two regions, from one junction to another, or round in a ring."""

    points: NDArray[np.int32]
    """n x 2, (x, y) of corners of pixels; a ring ends where it begins."""
    left: int
    """The region to the left of whoever walks along, x to the right and y down."""
    right: int

    @property
    def is_ring(self) -> bool:
        return bool((self.points[0] == self.points[-1]).all())


@dataclass(frozen=True, eq=False)
class Boundaries:
    """All boundaries of a picture; together they hold every crack between two regions once."""

    all: tuple[Boundary, ...]

    def __iter__(self) -> Iterator[Boundary]:
        return iter(self.all)

    def __len__(self) -> int:
        return len(self.all)


@dataclass(frozen=True, eq=False)
class Outline:
    """Where a boundary really runs."""

    boundary: Boundary
    points: NDArray[np.float64]
    """n x 2, (x, y), in the boundary's direction; a ring ends where it begins."""


class Edges(StrEnum):
    """What the edges of a picture are."""

    SMOOTH = "smooth"
    """Pixels tell how much of them lies to either side."""
    STAIRS = "stairs"
    """Drawn without smoothing."""
    SQUARES = "squares"
    """Nothing but squares of whole pixels, as meant."""


@dataclass(frozen=True, eq=False)
class Outlines:
    """The outlines of all boundaries, in the same order."""

    all: tuple[Outline, ...]
    edges: Edges
    """What they were before: stairs are made smooth."""

    def __iter__(self) -> Iterator[Outline]:
        return iter(self.all)

    def __len__(self) -> int:
        return len(self.all)
