"""The contest between methods and the baseline: all trace the same picture, and the best drawing is the result.

So no method is ever worse than the baseline, whatever the picture (docs/decisions/0009).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypeAlias

from svgai.drawing import Drawing
from svgai.engine.guard import verify
from svgai.engine.raster import draw
from svgai.engine.score import measure
from svgai.engine.svg import write
from svgai.errors import DrawingTooLarge, TracingFailed
from svgai.methods import trace
from svgai.options import BASELINE, Limits, Options
from svgai.picture import Picture
from svgai.result import Quality
from svgai.tracing import NoDrawing, Run

Failure: TypeAlias = NoDrawing | TracingFailed | DrawingTooLarge
FAILURES: Final = (NoDrawing, TracingFailed, DrawingTooLarge)
"""The ways in which a method may have nothing to enter, so that it is another's turn."""
SIMPLER: Final = 0.001
"""Of SSIM, that a longer search may lose: it finds what is simpler."""
SAME: Final = 0.997
"""SSIM above which all are as near as pixels tell: by another renderer, even the true drawing looks so different."""


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
    entered: Mapping[str, Quality] = field(default_factory=dict)
    """What each method reached, in the order in which they were tried."""
    failures: Mapping[str, Failure] = field(default_factory=dict)
    """Why a method drew nothing, of those that did not."""


def compete(method: str, task: Task) -> Outcome:
    """Trace by the method and by the baseline; the method wins unless it is worse."""
    if method == BASELINE:
        baseline = enter(BASELINE, task)
        return Outcome(baseline, entered={BASELINE: baseline.quality})
    contest = Contest(task)
    contest.call(method)
    contest.call(BASELINE)
    return contest.outcome(method)


class Contest:
    """Methods that trace one picture, one after another, and who is ahead."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.failures: dict[str, Failure] = {}
        self._entered: dict[str, Candidate] = {}

    @property
    def called(self) -> tuple[str, ...]:
        """Every method that had its turn."""
        return (*self._entered, *self.failures)

    @property
    def entered(self) -> Mapping[str, Quality]:
        """What every method reached that drew something, in the order in which they were tried."""
        return MappingProxyType({method: candidate.quality for method, candidate in self._entered.items()})

    @property
    def leader(self) -> Candidate | None:
        """The drawing that is nearest to the picture in structure, of those that are not worse than the baseline's.

        Of equals the one that was entered first.
        """
        baseline = self._entered.get(BASELINE)
        fit = [each for each in self._entered.values() if not baseline or not is_worse(each.quality, baseline.quality)]
        return max(fit, key=lambda candidate: candidate.quality.ssim, default=None)

    def call(self, method: str) -> None:
        """Give a method its turn."""
        try:
            self._entered[method] = enter(method, self.task)
        except FAILURES as reason:
            self.failures[method] = reason

    def outcome(self, favourite: str) -> Outcome:
        """Who won; where the baseline did, that is told of the method that was to have won."""
        winner = self.leader
        if winner is None:
            raise self.failures[BASELINE]
        baseline = self._entered.get(BASELINE)
        return Outcome(
            winner,
            baseline.quality if baseline else None,
            self._told(favourite, winner),
            self.entered,
            MappingProxyType(self.failures),
        )

    def _told(self, favourite: str, winner: Candidate) -> tuple[str, ...]:
        reason = self.failures.get(BASELINE)
        if isinstance(reason, TracingFailed | DrawingTooLarge):
            return (f"The baseline has nothing to compare with: {reason.detail}",)
        if winner.method != BASELINE or favourite == BASELINE:
            return ()
        if favourite in self.failures:
            return (_failed(favourite, self.failures[favourite]),)
        return (_compared(self._entered[favourite], winner),)


def enter(method: str, task: Task) -> Candidate:
    """Trace by one method, and take the last of its drawings that is about as near as the nearest."""
    candidates, reason = [], None
    for drawing in trace(task.picture, task.options, method, task.run):
        try:
            candidates.append(_measured(method, drawing, task))
        except DrawingTooLarge as too_large:
            reason = too_large
    if not candidates:
        raise reason or NoDrawing
    enough = min(SAME, max(candidate.quality.ssim for candidate in candidates) - SIMPLER)
    return next(candidate for candidate in reversed(candidates) if candidate.quality.ssim >= enough)


def _measured(method: str, drawing: Drawing, task: Task) -> Candidate:
    picture, options, run = task.picture, task.options, task.run
    written = run(write, drawing, options.precision)
    svg = run(verify, written, task.limits)
    drawn = run(draw, svg, picture.width, picture.height)
    return Candidate(method, drawing, svg, run(measure, drawn, picture))


def is_worse(one: Quality, other: Quality) -> bool:
    """Whether one is behind the other in structure or in colour."""
    return one.ssim < other.ssim or one.delta_e > other.delta_e


def _failed(method: str, reason: Failure) -> str:
    return f"Not traced by {method} but by baseline: {why(reason).rstrip('.')}."


def why(reason: Failure) -> str:
    """Why a method drew nothing, in words."""
    return "the picture is no drawing in flat colours" if isinstance(reason, NoDrawing) else reason.detail


def _compared(ours: Candidate, baseline: Candidate) -> str:
    return (
        f"Traced by baseline, since {ours.method} did worse on this picture: SSIM {ours.quality.ssim:.5f} against "
        f"{baseline.quality.ssim:.5f}, colour difference {ours.quality.delta_e:.3f} against "
        f"{baseline.quality.delta_e:.3f}."
    )
