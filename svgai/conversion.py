"""A conversion from beginning to end, one stage a line."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

from svgai.contest import Outcome, Task, compete, why
from svgai.escalation import Budget, pursue
from svgai.files.header import read_header
from svgai.files.intake import decode, from_array
from svgai.files.source import read_file
from svgai.ml.advice import Advice, Adviser, Wishes, usual_adviser
from svgai.ml.features import Features, measure_features
from svgai.options import Limits, Options
from svgai.picture import Picture, Source
from svgai.result import Result
from svgai.tracing import Run

T = TypeVar("T")


def plainly(stage: Callable[..., T], /, *inputs: Any) -> T:
    """Only call the stage."""
    return stage(*inputs)


def convert(
    source: Source, options: Options, limits: Limits, run: Run = plainly, adviser: Adviser | None = None
) -> Result:
    """Turn a picture into an SVG that is allowed out, and say how good it is.

    The four tiers: what is advised (1, with 4, which foretells the quality), tracing (2), and validation (3).
    """
    watch = Stopwatch(run)
    picture = take_in(source, limits, watch)
    task, wishes = Task(picture, options, limits, watch), wishes_of(options)
    is_routed = options.method == "auto"
    # Where somebody has chosen already, only those are advised who bring an adviser: they keep a record of it.
    advised = consult(adviser or usual_adviser(), task, wishes) if adviser or is_routed else None
    if advised and is_routed:
        favourite, outcome = advised.advice.method, pursue(advised.advice, task, Budget(wishes.budget, watch.total))
    else:
        favourite, outcome = options.method, compete(options.method, task)
    winner = outcome.winner
    result = Result(
        svg=winner.svg,
        width=picture.width,
        height=picture.height,
        method=winner.method,
        quality=winner.quality,
        baseline_quality=outcome.baseline_quality,
        seconds=watch.seconds,
        paths=winner.drawing.paths,
        segments=winner.drawing.segments,
        warnings=picture.warnings + outcome.warnings + shortfall(outcome, options),
    )
    return replace(result, **advised.told(favourite, outcome)) if advised else result


@dataclass(frozen=True)
class Advised:
    """What a picture is like, and what was advised."""

    features: Features
    advice: Advice

    def told(self, favourite: str, outcome: Outcome) -> Mapping[str, Any]:
        """What was foretold of the favourite, what was advised and what was tried, as plain data."""
        tried = [{"method": method, "ssim": quality.ssim} for method, quality in outcome.entered.items()]
        tried += [{"method": method, "failed": why(reason)} for method, reason in outcome.failures.items()]
        return {
            "image_type": str(self.advice.image_type),
            "predicted_quality": round(self.advice.predictions[favourite].quality, 5),
            "advice": {**self.advice.facts(), "tried": tried, "features": self.features.facts()},
        }


def consult(adviser: Adviser, task: Task, wishes: Wishes) -> Advised:
    """Look at the picture, and have somebody advise."""
    features = task.run(measure_features, task.picture)
    return Advised(features, task.run(adviser.advise, features, wishes))


def take_in(source: Source, limits: Limits, run: Run) -> Picture:
    """The picture that a source stands for."""
    if isinstance(source, str | PathLike):
        source = read_file(Path(source), limits)
    if not isinstance(source, bytes | bytearray | memoryview):
        return run(from_array, source, limits)
    data = bytes(source)
    header = run(read_header, data, limits)
    return run(decode, data, header)


def wishes_of(options: Options) -> Wishes:
    """What the options ask of the advice."""
    return Wishes(target=options.quality_target / 100, budget=options.time_budget or math.inf)


def shortfall(outcome: Outcome, options: Options) -> tuple[str, ...]:
    """A warning where a target that somebody asked for was missed."""
    reached = 100 * outcome.winner.quality.ssim
    if reached >= options.quality_target:
        return ()
    return (f"The quality target of {options.quality_target} % was missed: SSIM is {reached:.2f} %.",)


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

    def total(self) -> float:
        """All seconds so far."""
        return sum(self.seconds.values())
