"""Tracing as advised: what comes out is measured, and the next method tried while the quality target is missed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from svgai.contest import Contest, Outcome, Task
from svgai.methods import TRACERS
from svgai.ml.advice import Advice
from svgai.options import BASELINE
from svgai.tracing import NoDrawing


@dataclass(frozen=True)
class Budget:
    """The seconds that a conversion may take."""

    seconds: float
    elapsed: Callable[[], float]
    """How many have really gone."""

    def allows(self, foretold: float) -> bool:
        """Whether there is time for what takes so long in all.

        That is judged by the seconds foretold, so that the same picture gives the same drawing on a busy machine; but
        what is really used up is used up.
        """
        return foretold <= self.seconds and self.elapsed() < self.seconds


def pursue(advice: Advice, task: Task, budget: Budget) -> Outcome:
    """Trace by the method that is advised and by the baseline, then by others as far as target and budget say."""
    contest = Contest(task)
    contest.call(advice.method)
    for method in (BASELINE, *advice.ranking):
        if method not in contest.called and is_due(method, advice, contest, budget):
            contest.call(method)
    return contest.outcome(advice.method)


def is_due(method: str, advice: Advice, contest: Contest, budget: Budget) -> bool:
    """Whether a method gets its turn: the baseline always, others as long as they are needed and promise something."""
    if method == BASELINE:
        return True
    if gives_up_alike(method, contest):
        return False
    if contest.leader is None:
        return True  # something must come out, whatever it costs
    return (
        contest.leader.quality.ssim < advice.target
        and is_promising(method, advice, contest, contest.leader.quality.ssim)
        and budget.allows(foretold_seconds(method, advice, contest))
    )


def is_promising(method: str, advice: Advice, contest: Contest, reached: float) -> bool:
    """Whether a method may do better than what was reached; one that searches less than another must be foretold to.

    Where one that begins alike did better than foretold, or worse, so will this one.
    """
    told, order = advice.predictions, list(TRACERS)
    alike = {other: quality.ssim for other, quality in contest.entered.items() if TRACERS[other] is TRACERS[method]}
    surprise = max((ssim - told[other].quality for other, ssim in alike.items()), default=0.0)
    longer = alike.keys() & order[order.index(method) + 1 :]
    return told[method].high + surprise > reached and all(
        told[method].quality > told[other].quality for other in longer
    )


def gives_up_alike(method: str, contest: Contest) -> bool:
    """Whether another method that begins just like this one found no drawing in the picture."""
    return any(
        isinstance(reason, NoDrawing) and TRACERS[other] is TRACERS[method]
        for other, reason in contest.failures.items()
    )


def foretold_seconds(method: str, advice: Advice, contest: Contest) -> float:
    """What this method takes with all that were tried; the baseline's seconds are part of each of them."""
    return sum(advice.predictions[each].seconds for each in (*contest.called, method) if each != BASELINE)
