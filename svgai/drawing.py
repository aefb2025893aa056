"""The drawing: shapes in painter's order, before they become SVG text. Units are those of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

POINTS_OF: Final = {"M": 1, "L": 1, "C": 3, "Z": 0}
"""How many points each command takes."""


@dataclass(frozen=True)
class Ink:
    """A flat colour: straight sRGB of 8 bits, and opacity from 0 to 1."""

    red: int
    green: int
    blue: int
    opacity: float = 1.0


@dataclass(frozen=True, eq=False)
class Path:
    """An outline filled with one ink (nonzero winding); each M begins another subpath."""

    commands: str
    """One letter each, absolute: M move, L line, C cubic, Z close."""
    points: NDArray[np.float64]
    """n x 2, the points of all commands one after the other; never written to."""
    ink: Ink

    def __post_init__(self) -> None:
        if self.points.shape != (sum(POINTS_OF[letter] for letter in self.commands), 2):
            raise ValueError(f"{self.commands!r} needs other points than {self.points.shape}")
        if not self.commands.startswith("M"):
            raise ValueError("a path begins by moving somewhere")
        if not np.isfinite(self.points).all():
            raise ValueError("a path has finite points")

    @property
    def segments(self) -> int:
        return self.commands.count("L") + self.commands.count("C")


@dataclass(frozen=True, eq=False)
class Drawing:
    """What a tracer makes of a picture: as wide and high, the first shape lowest."""

    width: int
    height: int
    shapes: tuple[Path, ...]

    @property
    def paths(self) -> int:
        return len(self.shapes)

    @property
    def segments(self) -> int:
        return sum(shape.segments for shape in self.shapes)
