"""A conversion from beginning to end, one stage a line."""

from __future__ import annotations

import time
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

from svgai.contest import Task, compete
from svgai.files.header import read_header
from svgai.files.intake import decode, from_array
from svgai.files.source import read_file
from svgai.methods import choose
from svgai.options import Limits, Options
from svgai.picture import Picture, Source
from svgai.result import Result
from svgai.tracing import Run

T = TypeVar("T")


def plainly(stage: Callable[..., T], /, *inputs: Any) -> T:
    """Only call the stage."""
    return stage(*inputs)


def convert(source: Source, options: Options, limits: Limits, run: Run = plainly) -> Result:
    """Turn a picture into an SVG that is allowed out, and say how good it is."""
    watch = Stopwatch(run)
    picture = take_in(source, limits, watch)
    method = choose(options, picture)
    outcome = compete(method, Task(picture, options, limits, watch))
    winner = outcome.winner
    return Result(
        svg=winner.svg,
        width=picture.width,
        height=picture.height,
        method=winner.method,
        quality=winner.quality,
        baseline_quality=outcome.baseline_quality,
        seconds=watch.seconds,
        paths=winner.drawing.paths,
        segments=winner.drawing.segments,
        warnings=picture.warnings + outcome.warnings,
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
    """A way to run stages that also adds up the seconds of each."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.seconds: dict[str, float] = {}

    def __call__(self, stage: Callable[..., T], /, *inputs: Any) -> T:
        begun = time.perf_counter()
        try:
            return self.run(stage, *inputs)
        finally:
            name = stage.__name__
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun
