"""The drawing: shapes in painter's order, before they become SVG text. Units are those of the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, TypeAlias

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
    """An outline of lines and curves; each M begins another subpath."""

    commands: str
    """One letter each, absolute: M move, L line, C cubic, Z close."""
    points: NDArray[np.float64]
    """n x 2, the points of all commands one after the other; never written to."""

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


@dataclass(frozen=True)
class Circle:
    """Runs counter-clockwise as one sees it, as a hole clockwise; so do ellipses and rectangles."""

    x: float
    y: float
    radius: float
    is_hole: bool = False

    def __post_init__(self) -> None:
        _check_place("circle", self.x, self.y)
        _check_size("circle", self.radius)

    @property
    def segments(self) -> int:
        return 1


@dataclass(frozen=True)
class Ellipse:
    x: float
    y: float
    rx: float
    ry: float
    turn: float = 0.0
    """Degrees, clockwise as one sees it."""
    is_hole: bool = False

    def __post_init__(self) -> None:
        _check_place("ellipse", self.x, self.y, self.turn)
        _check_size("ellipse", self.rx, self.ry)

    @property
    def segments(self) -> int:
        return 1


@dataclass(frozen=True)
class Rectangle:
    x: float
    """Of the centre."""
    y: float
    width: float
    height: float
    radius: float = 0.0
    """Of its corners; 0 is sharp, half the smaller side the most."""
    turn: float = 0.0
    """Degrees, clockwise as one sees it."""
    is_hole: bool = False

    def __post_init__(self) -> None:
        _check_place("rectangle", self.x, self.y, self.turn)
        _check_size("rectangle", self.width, self.height)
        if not 0 <= self.radius <= min(self.width, self.height) / 2:
            raise ValueError(f"a rectangle has corners of 0 to half its smaller side, not {self.radius}")

    @property
    def segments(self) -> int:
        return 1


Form: TypeAlias = Path | Circle | Ellipse | Rectangle


@dataclass(frozen=True, eq=False)
class Shape:
    """Forms filled together with one ink (nonzero winding)."""

    forms: tuple[Form, ...]
    ink: Ink

    @property
    def segments(self) -> int:
        return sum(form.segments for form in self.forms)


@dataclass(frozen=True, eq=False)
class Drawing:
    """What a tracer makes of a picture: as wide and high, the first shape lowest."""

    width: int
    height: int
    shapes: tuple[Shape, ...]

    @property
    def paths(self) -> int:
        return len(self.shapes)

    @property
    def segments(self) -> int:
        return sum(shape.segments for shape in self.shapes)


COLOUR_NAMES: Final = {
    "azure": "#f0ffff",
    "beige": "#f5f5dc",
    "bisque": "#ffe4c4",
    "brown": "#a52a2a",
    "coral": "#ff7f50",
    "gold": "#ffd700",
    "gray": "#808080",
    "green": "#008000",
    "indigo": "#4b0082",
    "ivory": "#fffff0",
    "khaki": "#f0e68c",
    "linen": "#faf0e6",
    "maroon": "#800000",
    "navy": "#000080",
    "olive": "#808000",
    "orange": "#ffa500",
    "orchid": "#da70d6",
    "peru": "#cd853f",
    "pink": "#ffc0cb",
    "plum": "#dda0dd",
    "purple": "#800080",
    "red": "#f00",
    "salmon": "#fa8072",
    "sienna": "#a0522d",
    "silver": "#c0c0c0",
    "snow": "#fffafa",
    "tan": "#d2b48c",
    "teal": "#008080",
    "tomato": "#ff6347",
    "violet": "#ee82ee",
    "wheat": "#f5deb3",
}
"""The names of CSS that are shorter than their colour in digits."""


def _check_place(name: str, *values: float) -> None:
    if not all(math.isfinite(value) for value in values):
        raise ValueError(f"a {name} has a finite place, not {values}")


def _check_size(name: str, *values: float) -> None:
    if not all(0 < value < math.inf for value in values):
        raise ValueError(f"a {name} has a finite size above 0, not {values}")
