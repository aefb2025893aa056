"""The contest between a method and the baseline: both trace the picture, and the better drawing is the result.

So no method is ever worse than the baseline, whatever the picture (docs/decisions/0009).
"""

from __future__ import annotations

from dataclasses import dataclass

from svgai.drawing import Drawing
from svgai.engine.guard import verify
from svgai.engine.raster import draw
from svgai.engine.score import measure
from svgai.engine.svg import write
from svgai.errors import DrawingTooLarge, TracingFailed
from svgai.methods import BASELINE, trace
from svgai.options import Limits, Options
from svgai.picture import Picture
from svgai.result import Quality
from svgai.tracing import NoDrawing, Run


@dataclass(frozen=True, eq=False)
class Task:
    """What is asked: a drawing of this picture."""

    picture: Picture
    options: Options
    limits: Limits
    run: Run


@dataclass(frozen=True, eq=False)
class Candidate:
    """A drawing that may be the result: it is allowed out, and measured."""

    method: str
    drawing: Drawing
    svg: str
    quality: Quality


@dataclass(frozen=True, eq=False)
class Outcome:
    """The drawing that won, and what a user should know of how it came to that."""

    winner: Candidate
    baseline_quality: Quality | None = None
    """None where there was no contest: the baseline was asked for, or could draw nothing itself."""
    warnings: tuple[str, ...] = ()


def compete(method: str, task: Task) -> Outcome:
    """Trace by the method and by the baseline; the method wins unless it is worse."""
    if method == BASELINE:
        return Outcome(enter(BASELINE, task))
    try:
        ours = enter(method, task)
    except (NoDrawing, TracingFailed, DrawingTooLarge) as reason:
        baseline = enter(BASELINE, task)
        return Outcome(baseline, baseline.quality, (_told(method, reason),))
    try:
        baseline = enter(BASELINE, task)
    except (TracingFailed, DrawingTooLarge) as reason:
        return Outcome(ours, None, (f"The baseline has nothing to compare with: {reason.detail}",))
    if is_worse(ours.quality, baseline.quality):
        return Outcome(baseline, baseline.quality, (_compared(ours, baseline),))
    return Outcome(ours, baseline.quality)


def enter(method: str, task: Task) -> Candidate:
    """Trace by one method, and bring the drawing to where it can be compared."""
    picture, options, run = task.picture, task.options, task.run
    drawing = trace(picture, options, method, run)
    written = run(write, drawing, options.precision)
    svg = run(verify, written, task.limits)
    drawn = run(draw, svg, picture.width, picture.height)
    return Candidate(method, drawing, svg, run(measure, drawn, picture))


def is_worse(one: Quality, other: Quality) -> bool:
    """Whether one is behind the other in structure or in colour."""
    return one.ssim < other.ssim or one.delta_e > other.delta_e


def _told(method: str, reason: NoDrawing | TracingFailed | DrawingTooLarge) -> str:
    why = "the picture is no drawing in flat colours" if isinstance(reason, NoDrawing) else reason.detail
    return f"Not traced by {method} but by baseline: {why.rstrip('.')}."


def _compared(ours: Candidate, baseline: Candidate) -> str:
    return (
        f"Traced by baseline, since {ours.method} did worse on this picture: SSIM {ours.quality.ssim:.5f} against "
        f"{baseline.quality.ssim:.5f}, colour difference {ours.quality.delta_e:.3f} against "
        f"{baseline.quality.delta_e:.3f}."
    )
