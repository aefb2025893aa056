"""The ways to trace a picture, by name."""

from __future__ import annotations

from collections.abc import Callable

from svgai.drawing import Drawing
from svgai.engine.baseline import trace_baseline
from svgai.options import Options
from svgai.picture import Picture

TRACERS: dict[str, Callable[[Picture, Options], Drawing]] = {"baseline": trace_baseline}
"""Every method that `svgai.options.METHODS` names, but for `auto`."""


def choose(options: Options, picture: Picture) -> str:  # noqa: ARG001
    """The method that was asked for; `auto` leaves the choice to what the picture shows."""
    return "baseline" if options.method == "auto" else options.method


def trace(picture: Picture, options: Options, method: str) -> Drawing:
    """Trace by any method. Whoever watches the stages knows this one name."""
    return TRACERS[method](picture, options)
