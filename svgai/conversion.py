"""A conversion from beginning to end, one stage a line."""

from __future__ import annotations

import time
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from svgai.engine.guard import verify
from svgai.engine.raster import draw
from svgai.engine.score import measure
from svgai.engine.svg import write
from svgai.files.header import read_header
from svgai.files.intake import decode, from_array
from svgai.files.source import read_file
from svgai.methods import choose, trace
from svgai.options import Limits, Options
from svgai.picture import Picture, Source
from svgai.result import Result

T = TypeVar("T")

PHASES: Final = ("read_header", "decode", "trace", "write", "verify", "draw", "measure")
"""The stages of a file's conversion, in order. An array begins at `from_array` in place of the first two."""


class Run(Protocol):
    """How stages are called; a worker's own measures, reports progress and stops late jobs."""

    def __call__(self, stage: Callable[..., T], /, *inputs: Any) -> T: ...


def plainly(stage: Callable[..., T], /, *inputs: Any) -> T:
    """Only call the stage."""
    return stage(*inputs)


def convert(source: Source, options: Options, limits: Limits, run: Run = plainly) -> Result:
    """Turn a picture into an SVG that is allowed out, and say how good it is."""
    watch = Stopwatch(run)
    picture = take_in(source, limits, watch)
    method = choose(options, picture)
    drawing = watch(trace, picture, options, method)
    written = watch(write, drawing, options.precision)
    svg = watch(verify, written, limits)
    drawn = watch(draw, svg, picture.width, picture.height)
    quality = watch(measure, drawn, picture)
    return Result(
        svg=svg,
        width=picture.width,
        height=picture.height,
        method=method,
        quality=quality,
        seconds=watch.seconds,
        paths=drawing.paths,
        segments=drawing.segments,
        warnings=picture.warnings,
    )


def take_in(source: Source, limits: Limits, run: Run) -> Picture:
    """The picture that a source stands for."""
    if isinstance(source, str | PathLike):
        source = read_file(Path(source), limits)
    if not isinstance(source, bytes | bytearray | memoryview):
        return run(from_array, source, limits)
    data = bytes(source)
    header = run(read_header, data, limits)
    return run(decode, data, header)


class Stopwatch:
    """A way to run stages that also keeps the seconds of each."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.seconds: dict[str, float] = {}

    def __call__(self, stage: Callable[..., T], /, *inputs: Any) -> T:
        begun = time.perf_counter()
        try:
            return self.run(stage, *inputs)
        finally:
            self.seconds[stage.__name__] = time.perf_counter() - begun
