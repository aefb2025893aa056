"""Which sheets there are of what each stage found, in the order of the stages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias

from svgai.analysis import Analysis
from svgai.explanation import drawings, lines, pixels
from svgai.explanation.canvas import steps_for
from svgai.explanation.sheet import Sheet
from svgai.explanation.view import View
from svgai.strands import Network

SIDE = 1152
"""Pixels that a sheet is wide or high, about."""
GIVEN_UP = "Here the tracer gave up: this is no drawing in flat colours."

Show: TypeAlias = Callable[[View, Any], Sheet]

SHEETS: Final[Mapping[str, Mapping[str, Show]]] = {
    "find_inks": {"inks": pixels.show_inks},
    "unmix": {"coverage": pixels.show_coverage, "misfit": pixels.show_misfit},
    "find_boundaries": {"boundaries": lines.show_boundaries},
    "find_outlines": {"outlines": lines.show_outlines},
    "find_strands": {"strands": lines.show_strands},
    "find_shapes": {"shapes": lines.show_shapes},
    "fit_curves": {"curves": lines.show_curves},
    "align": {"aligned": lines.show_curves},
    "refine": {"refined": lines.show_curves},
    "simplify": {"simplified": lambda view, found: lines.show_curves(view, found[0])},
    "refine_shapes": {"forms": lines.show_shapes},
    "match_twins": {"twins": lines.show_curves},
    "even": {"stems": lambda view, found: lines.show_curves(view, found[0])},
    "snap": {"grid": lambda view, found: lines.show_curves(view, found[0])},
    "stack": {"stacking": drawings.show_stacking, "error": drawings.show_error, "result": drawings.show_result},
}
"""The sheets of each stage by name."""


def explain(analysis: Analysis, folder: Path) -> list[Path]:
    """Write all sheets into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for number, (name, sheet) in enumerate(sheets(analysis), start=1):
        made.append(folder / f"{number:02}-{name}.png")
        sheet.captioned().save(made[-1], optimize=True)
    return made


def sheets(analysis: Analysis, side: int = SIDE) -> Iterator[tuple[str, Sheet]]:
    """All sheets by name; the last one says so if the tracer gave up there."""
    view = View(analysis, steps_for(analysis.picture.width, analysis.picture.height, side))
    waiting: list[tuple[str, Callable[[], Sheet]]] = [("picture", partial(pixels.show_picture, view))]
    for stage, found in analysis.found.items():
        waiting += [(name, partial(show, view, found)) for name, show in _sheets_of(stage, found).items()]
    for place, (name, show) in enumerate(waiting, start=1):
        sheet = show().named(name)
        has_ended_here = place == len(waiting) and not analysis.drawing
        yield name, sheet.noting(GIVEN_UP) if has_ended_here else sheet


def _sheets_of(stage: str, found: Any) -> Mapping[str, Show]:
    """A stage that is not listed has a sheet if it leaves curves behind."""
    if stage in SHEETS:
        return SHEETS[stage]
    return {stage: lines.show_curves} if isinstance(found, Network) else {}
