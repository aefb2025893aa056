"""Auto tries what is advised, measures it, and goes on while the target is missed and the budget allows."""

from __future__ import annotations

import numpy as np
import pytest

import svgai
from svgai.contest import Task
from svgai.errors import DrawingTooLarge, TracingFailed
from svgai.escalation import Budget, pursue
from svgai.methods import TRACERS
from svgai.ml.advice import Advice
from svgai.ml.types import ImageType, Prediction
from svgai.options import BASELINE, Limits, Options
from svgai.picture import Picture
from svgai.result import Quality
from svgai.tracing import NoDrawing
from tests import samples

LOGO = Picture(np.array(samples.logo(48)))
QUALITIES = {"fast": 0.90, "optimised": 0.94, "refined": 0.97, BASELINE: 0.80}
SECONDS = {"fast": 0.1, "optimised": 1.0, "refined": 10.0, BASELINE: 0.05}


def advice(*ranking: str, target: float, high: float = 1.0) -> Advice:
    predictions = {method: Prediction(QUALITIES[method], 0.0, high, SECONDS[method]) for method in TRACERS}
    rest = [method for method in TRACERS if method not in ranking]
    return Advice(ImageType.SIMPLE, 1.0, predictions, (*ranking, *rest), target, "rules")


class Measuring:
    """Runs stages, but makes each method's drawing out to be as good as a table says, or to fail."""

    def __init__(self, qualities=QUALITIES, failing=None):
        self.qualities, self.failing = qualities, failing or {}
        self.traced: list[str] = []

    def __call__(self, stage, /, *inputs):
        if stage.__name__ == "trace_baseline":
            self._begin(BASELINE)
        if stage.__name__ == "measure":
            ssim = self.qualities[self.traced[-1]]
            return Quality(ssim, 10 * (1 - ssim))
        return stage(*inputs)

    def _begin(self, method):
        self.traced.append(method)
        if method in self.failing:
            raise self.failing[method]


@pytest.fixture
def tracing(monkeypatch):
    """Tracers that say who they are; ours still share one way to begin."""

    def prepare(run: Measuring):
        ours = TRACERS["fast"]

        def traced(picture, options, method, run_):
            run._begin(method)
            return ours(picture, options, method, run_)

        for method in TRACERS:
            if method != BASELINE:
                monkeypatch.setitem(TRACERS, method, traced)
        return Task(LOGO, Options(), Limits(), run)

    return prepare


def at_once() -> float:
    return 0.0


@pytest.mark.parametrize(
    ("target", "traced", "winner"),
    [
        (0.85, ["fast", BASELINE], "fast"),
        (0.93, ["fast", BASELINE, "optimised"], "optimised"),
        (0.96, ["fast", BASELINE, "optimised", "refined"], "refined"),
        (0.99, ["fast", BASELINE, "optimised", "refined"], "refined"),
    ],
)
def test_methods_are_tried_until_the_target_is_reached(tracing, target, traced, winner):
    run = Measuring()
    outcome = pursue(advice("fast", target=target), tracing(run), Budget(np.inf, at_once))
    assert run.traced == traced
    assert outcome.winner.method == winner
    assert outcome.baseline_quality.ssim == QUALITIES[BASELINE]
    assert list(outcome.entered) == traced
    assert outcome.warnings == ()


def test_the_best_drawing_wins_even_if_it_was_not_the_last(tracing):
    run = Measuring({**QUALITIES, "refined": 0.85})
    outcome = pursue(advice("fast", target=0.99), tracing(run), Budget(np.inf, at_once))
    assert outcome.winner.method == "optimised"
    assert run.traced[-1] == "refined"


@pytest.mark.parametrize(
    ("budget", "traced"),
    [
        (0.5, ["fast", BASELINE]),
        (1.05, ["fast", BASELINE]),
        (1.2, ["fast", BASELINE, "optimised"]),
        (11.0, ["fast", BASELINE, "optimised"]),
        (12.0, ["fast", BASELINE, "optimised", "refined"]),
    ],
)
def test_what_is_foretold_to_take_too_long_is_not_tried(tracing, budget, traced):
    run = Measuring()
    pursue(advice("fast", target=0.99), tracing(run), Budget(budget, at_once))
    assert run.traced == traced


def test_what_did_better_than_foretold_makes_others_promise_more(tracing):
    run = Measuring({**QUALITIES, "optimised": 0.985, "refined": 0.99})
    pursue(advice("optimised", target=0.995, high=0.975), tracing(run), Budget(np.inf, at_once))
    assert "refined" in run.traced, "0.975 is below what was reached, which itself was foretold as 0.94"
    run = Measuring({**QUALITIES, "optimised": 0.91})
    pursue(advice("optimised", target=0.995, high=0.935), tracing(run), Budget(np.inf, at_once))
    assert "refined" not in run.traced


def test_a_budget_that_is_really_used_up_ends_the_search(tracing):
    run = Measuring()
    pursue(advice("fast", target=0.99), tracing(run), Budget(12.0, lambda: 12.5 if "optimised" in run.traced else 2.0))
    assert run.traced == ["fast", BASELINE, "optimised"]


def test_methods_that_are_foretold_to_be_no_better_are_not_tried(tracing):
    run = Measuring()
    pursue(advice("fast", target=0.99, high=0.905), tracing(run), Budget(np.inf, at_once))
    assert run.traced == ["fast", BASELINE, "optimised"], "which is better than refined may become"
    run = Measuring()
    pursue(advice("fast", target=0.99, high=0.89), tracing(run), Budget(np.inf, at_once))
    assert run.traced == ["fast", BASELINE]


def test_who_traces_like_another_must_be_foretold_to_do_better(tracing):
    run = Measuring()
    pursue(advice("optimised", target=0.99), tracing(run), Budget(np.inf, at_once))
    assert run.traced == ["optimised", BASELINE, "refined"], "not fast, which only does less"


def test_nothing_worse_than_the_baseline_wins(tracing):
    run = Measuring({**QUALITIES, BASELINE: 0.98})
    outcome = pursue(advice("fast", target=0.5), tracing(run), Budget(np.inf, at_once))
    assert outcome.winner.method == BASELINE
    assert "fast did worse" in outcome.warnings[0]


@pytest.mark.parametrize("error", [TracingFailed("no luck"), DrawingTooLarge("too large")])
def test_where_a_method_fails_and_the_baseline_will_not_do_the_next_is_tried(tracing, error):
    run = Measuring(failing={"fast": error})
    outcome = pursue(advice("fast", target=0.93), tracing(run), Budget(np.inf, at_once))
    assert run.traced == ["fast", BASELINE, "optimised"]
    assert outcome.winner.method == "optimised"
    assert outcome.failures["fast"] is error


def test_who_finds_no_drawing_speaks_for_all_who_begin_alike(tracing):
    run = Measuring(failing={"fast": NoDrawing()})
    outcome = pursue(advice("fast", target=0.99), tracing(run), Budget(np.inf, at_once))
    assert run.traced == ["fast", BASELINE]
    assert outcome.winner.method == BASELINE
    assert "no drawing in flat colours" in outcome.warnings[0]


def test_with_no_drawing_at_all_yet_every_method_is_tried_whatever_it_costs(tracing):
    failing = {"fast": TracingFailed("a"), BASELINE: TracingFailed("b"), "optimised": TracingFailed("c")}
    run = Measuring(failing=failing)
    outcome = pursue(advice("fast", target=0.5), tracing(run), Budget(0.01, lambda: 99.0))
    assert run.traced == ["fast", BASELINE, "optimised", "refined"]
    assert outcome.winner.method == "refined"
    assert outcome.baseline_quality is None
    assert "nothing to compare with" in outcome.warnings[0]


def test_where_all_fail_the_baselines_reason_is_told(tracing):
    run = Measuring(failing={method: TracingFailed(method) for method in TRACERS})
    with pytest.raises(TracingFailed, match=BASELINE):
        pursue(advice("fast", target=0.5), tracing(run), Budget(np.inf, at_once))


def test_a_baseline_that_is_advised_is_measured_and_others_tried_where_it_misses(tracing):
    run = Measuring()
    outcome = pursue(advice(BASELINE, target=0.75), tracing(run), Budget(np.inf, at_once))
    assert (run.traced, outcome.winner.method, outcome.warnings) == ([BASELINE], BASELINE, ())
    assert outcome.baseline_quality.ssim == QUALITIES[BASELINE]
    run = Measuring()
    assert pursue(advice(BASELINE, target=0.85), tracing(run), Budget(np.inf, at_once)).winner.method == "fast"


def test_what_stops_a_conversion_stops_the_search(tracing):
    run = Measuring(failing={"fast": MemoryError()})
    with pytest.raises(MemoryError):
        pursue(advice("fast", target=0.5), tracing(run), Budget(np.inf, at_once))


def test_an_impossible_target_is_told_and_the_best_comes_out():
    result = svgai.convert(samples.logo_png(64), quality_target=100)
    assert result.quality.ssim > 0.97
    assert "quality target of 100 % was missed" in result.warnings[-1]
    assert {"refined", "baseline"} <= {each["method"] for each in result.advice["tried"]}
    assert result.advice["quality_target"] == 1.0


def test_a_method_that_was_asked_for_is_measured_but_not_escalated():
    result = svgai.convert(samples.logo_png(64), method="fast", quality_target=100)
    assert result.method == "fast"
    assert not {"simplify", "refine_shapes"} & result.seconds.keys()
    assert "was missed" in result.warnings[-1]
