"""The artwork: what a drawing's SVG text shows, as plain lines and cubics; a point is x + y i, in pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from svgai.drawing import Ink
from svgai.exports.affine import Affine

Segment: TypeAlias = tuple[complex, ...]
"""The end of a line, or both handles and the end of a cubic."""

_SAME_PLACE = 1e-6


@dataclass(frozen=True)
class Contour:
    """One line drawn without lifting the pen."""

    start: complex
    segments: tuple[Segment, ...]
    is_closed: bool = False
    """Then it also ends where it starts."""

    @property
    def end(self) -> complex:
        return self.segments[-1][-1]

    @property
    def points(self) -> Iterator[complex]:
        yield self.start
        for segment in self.segments:
            yield from segment

    @property
    def encloses(self) -> bool:
        """Whether there is anything to be filled."""
        return len(self.segments) > 1 or len(self.segments[0]) > 1

    def closed(self) -> Contour:
        """The same line back to its start."""
        comes_back = abs(self.end - self.start) < _SAME_PLACE
        return Contour(self.start, self.segments if comes_back else (*self.segments, (self.start,)), is_closed=True)

    def under(self, onto: Affine) -> Contour:
        segments = tuple(tuple(map(onto, segment)) for segment in self.segments)
        return Contour(onto(self.start), segments, self.is_closed)


@dataclass(frozen=True)
class Pen:
    """How a line is drawn, in the words of SVG."""

    width: float
    cap: str
    join: str
    miter_limit: float


@dataclass(frozen=True)
class Figure:
    """Contours painted together with one ink: filled, or drawn with a pen."""

    contours: tuple[Contour, ...]
    ink: Ink
    is_even_odd: bool = False
    pen: Pen | None = None


@dataclass(frozen=True)
class Artwork:
    """All figures, the first lowest."""

    width: float
    height: float
    figures: tuple[Figure, ...]

    def on_white(self) -> Artwork:
        """Every ink made opaque, as it looks on white paper."""
        return replace(self, figures=tuple(replace(figure, ink=_on_white(figure.ink)) for figure in self.figures))


def _on_white(ink: Ink) -> Ink:
    red, green, blue = (round(255 + (value - 255) * ink.opacity) for value in (ink.red, ink.green, ink.blue))
    return Ink(red, green, blue)
