"""The ways to trace a picture, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from svgai.drawing import Drawing
from svgai.engine.baseline import trace_baseline
from svgai.options import BASELINE, Options
from svgai.picture import Picture
from svgai.tracing import Run, trace_flat

USUAL: Final = "optimised"
"""The method to look at a picture with, where none is asked for."""


def _trace_baseline(picture: Picture, options: Options, method: str, run: Run) -> Iterator[Drawing]:  # noqa: ARG001
    yield run(trace_baseline, picture, options)


TRACERS: Final[dict[str, Callable[[Picture, Options, str, Run], Iterator[Drawing]]]] = {
    "fast": trace_flat,
    "optimised": trace_flat,
    "refined": trace_flat,
    BASELINE: _trace_baseline,
}
"""Every method that `svgai.options.METHODS` names, but for `auto`; of those that trace alike, each searches longer."""


def trace(picture: Picture, options: Options, method: str, run: Run) -> Iterator[Drawing]:
    """Trace by any method, each of its stages through `run`: the drawings that it comes to, one after another."""
    return TRACERS[method](picture, options, method, run)
