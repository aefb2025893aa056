"""What every sheet is made from."""

from __future__ import annotations

from dataclasses import dataclass

from svgai.analysis import Analysis
from svgai.explanation.canvas import Canvas, Colours, faded, on_checks


@dataclass(frozen=True, eq=False)
class View:
    """An analysis, and how many times it is enlarged."""

    analysis: Analysis
    steps: int

    @property
    def size(self) -> tuple[int, int]:
        return self.analysis.picture.width, self.analysis.picture.height

    def canvas(self, pixels: Colours) -> Canvas:
        return Canvas(pixels, self.steps)

    def faded(self) -> Canvas:
        return self.canvas(faded(on_checks(self.analysis.picture.rgba)))
