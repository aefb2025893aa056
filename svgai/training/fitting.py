"""Which candidate becomes the model of a role: all are fitted, judged on drawings held out, and the best is kept.

Candidates are compared by cross-validation on the drawings to train on. The winner is fitted on all of these and
calibrated on others; the drawings to test on have no say in anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import numpy as np

from svgai.ml.metadata import FORETOLD, TRACING, Role
from svgai.ml.objective import worth
from svgai.ml.types import INTERVAL
from svgai.training.choosing import Expected, taken, told
from svgai.training.finishing import FINISH, HIGH, LOW, as_lack, chances_of, shares_of
from svgai.training.judging import Figures, foretold, judge_choices, judge_chosen, judge_predictions, judge_types
from svgai.training.learned import Learned
from svgai.training.lessons import (
    CLASSIFIERS,
    NETWORK,
    NOT_SERVED,
    PIXELS,
    PREDICTORS,
    ROUTERS,
    Answering,
    Teaching,
)
from svgai.training.pixels import Glance
from svgai.training.tables import UNKNOWN, Matrix, Table, folds

Judge: TypeAlias = Callable[[Matrix, Table], Figures]
Told: TypeAlias = Callable[[str], None]

FOLDS = 4
BY_PREDICTION = "objective by prediction"


@dataclass(frozen=True)
class Subject:
    """A role, and how its candidates are compared."""

    role: Role
    candidates: Mapping[str, Teaching]
    judge: Judge
    figure: str
    """By which the candidates are ordered."""
    more_is_better: bool
    noise: float
    """Differences in the figure that say nothing: the network, which is simplest to serve, wins those.

    A wrong choice of method costs more than that is worth.
    """


@dataclass(frozen=True, eq=False)
class Trial:
    """A candidate, and what it reached."""

    name: str
    crossed: Figures
    """On drawings it was not fitted on, among those to train on."""
    answers: Matrix
    """For the same."""


@dataclass(frozen=True, eq=False)
class Winner:
    """The model of a role."""

    role: Role
    name: str
    model: Learned
    trials: tuple[Trial, ...]


SUBJECTS = (
    Subject(Role.CLASSIFIER, CLASSIFIERS, judge_types, "accuracy", more_is_better=True, noise=0.002),
    Subject(Role.PREDICTOR, PREDICTORS, judge_predictions, "mean_error", more_is_better=False, noise=0.001),
    Subject(Role.ROUTER, ROUTERS, judge_choices, "regret", more_is_better=False, noise=0.0),
)


def usable(role: Role, table: Table) -> Table:
    """The pictures that teach a role anything."""
    if role is Role.CLASSIFIER:
        return table.only(table.types != UNKNOWN)
    return table.only(table.is_measured if role is Role.ROUTER else np.isfinite(table.quality).any(axis=1))


def fit_all(table: Table, seed: int, tell: Told) -> list[Winner]:
    """The models of all roles; one whose candidates are no better than doing without is left out."""
    train, calibrate = table.part("train"), table.part("calibrate")
    winners: list[Winner] = []
    for subject in SUBJECTS:
        own = usable(subject.role, train)
        trials = [
            try_out(name, teach, subject, own, seed)
            for name, teach in subject.candidates.items()
            if name != PIXELS or own.thumbnails is not None
        ]
        rivals = _rivals(train, winners) if subject.role is Role.ROUTER else []
        if subject.role is Role.ROUTER:
            expected = expected_when_crossed(winners, train)
            trials = [as_used(trial, own, expected) for trial in trials]
        tell(compared(subject, [*rivals, *trials]))
        best = choose(subject, trials)
        without = next((rival for rival in rivals if rival.name == _by_prediction(winners)), None)
        if without and _best(subject, [without, best]) is without:
            tell(f"No {subject.role}: {without.name} is at least as good.")
            continue
        fitted = cast("Learned", subject.candidates[best.name](own, seed))
        tell(f"The {subject.role} is: {best.name}.")
        kept = usable(subject.role, calibrate)
        if subject.role is Role.ROUTER:
            tell(told(chances_of(fitted.outputs(kept.features)), expected_of(winners, kept), kept))
            model = fitted
        else:
            model = _CALIBRATED[subject.role](fitted, kept)
        winners.append(Winner(subject.role, best.name, model, tuple(trials)))
    return winners


def expected_of(winners: list[Winner], table: Table) -> Expected:
    """What the predictor foretells; nothing where there is none."""
    model = next((each.model for each in winners if each.role is Role.PREDICTOR), None)
    return _expected(FINISH[Role.PREDICTOR](model.outputs(table.features)) if model else None, len(table))


def expected_when_crossed(winners: list[Winner], train: Table) -> Expected:
    """The same of each picture that teaches a router, by predictors that were fitted without its drawing."""
    answers = next(
        (
            trial.answers[usable(Role.PREDICTOR, train).is_measured]
            for winner in winners
            for trial in winner.trials
            if (winner.role, winner.name) == (Role.PREDICTOR, trial.name)
        ),
        None,
    )
    return _expected(answers, len(usable(Role.ROUTER, train)))


def _expected(answers: Matrix | None, count: int) -> Expected:
    if answers is None:
        return Expected(*np.zeros((2, count, len(TRACING)), np.float32))
    quality, _, _, log_seconds = foretold(answers)
    return Expected(quality, np.exp(log_seconds))


def as_used(trial: Trial, table: Table, expected: Expected) -> Trial:
    """A router's candidate as it would be used."""
    return Trial(trial.name, judge_chosen(taken(trial.answers, expected), table), trial.answers)


def try_out(name: str, teach: Teaching, subject: Subject, table: Table, seed: int) -> Trial:
    """What a candidate says of each picture when it was fitted without its drawing."""
    answers: Matrix | None = None
    for fit_on, judge_on in folds(table.groups, FOLDS, seed):
        fitted: Answering = teach(table.only(fit_on), seed)
        found = FINISH[subject.role](_outputs(fitted, table.only(judge_on)))
        answers = np.zeros((len(table), found.shape[1]), np.float32) if answers is None else answers
        answers[judge_on] = found
    if answers is None:
        raise ValueError("there is nothing to fit on")
    return Trial(name, subject.judge(answers, table), answers)


def _outputs(fitted: Answering, table: Table) -> Matrix:
    if not isinstance(fitted, Glance):
        return fitted.outputs(table.features)
    if table.thumbnails is None:
        raise ValueError("there are no pictures to look at")
    return fitted.outputs(table.thumbnails)


def choose(subject: Subject, trials: list[Trial]) -> Trial:
    """The best of those that learn; the network where it is as good as that."""
    learned = [trial for trial in trials if trial.name not in NOT_SERVED]
    best = _best(subject, learned)
    network = next((trial for trial in learned if trial.name == NETWORK), best)
    apart = abs(network.crossed[subject.figure] - best.crossed[subject.figure])
    return network if apart <= subject.noise else best


def _best(subject: Subject, trials: list[Trial]) -> Trial:
    sign = 1 if subject.more_is_better else -1
    return max(trials, key=lambda trial: sign * trial.crossed[subject.figure])


def _rivals(train: Table, winners: list[Winner]) -> list[Trial]:
    """What a router has to beat: always the same method, and what follows from the predictions."""
    table, foretold_for = usable(Role.ROUTER, train), usable(Role.PREDICTOR, train)
    fixed = [_always(place, table) for place in range(len(TRACING))]
    foretelling = [
        Trial(f"{BY_PREDICTION} ({trial.name})", judge_chosen(chosen_by(answers), table), answers)
        for winner in winners
        if winner.role is Role.PREDICTOR
        for trial in winner.trials
        for answers in (trial.answers[foretold_for.is_measured],)
    ]
    return [*fixed, *foretelling]


def _by_prediction(winners: list[Winner]) -> str:
    """The name of what happens without a router."""
    return next((f"{BY_PREDICTION} ({each.name})" for each in winners if each.role is Role.PREDICTOR), "")


def _always(place: int, table: Table) -> Trial:
    scores = np.zeros((len(table), len(TRACING)), np.float32)
    scores[:, place] = 1
    return Trial(f"always {TRACING[place]}", judge_choices(scores, table), scores)


def chosen_by(outputs: Matrix) -> Any:
    """The method with the best objective, going by a predictor's outputs."""
    quality, _, _, log_seconds = foretold(outputs)
    return worth(quality, np.exp(log_seconds)).argmax(axis=1)  # type: ignore[arg-type,attr-defined] # arrays


def compared(subject: Subject, trials: list[Trial]) -> str:
    """A table of all candidates."""
    names = list(trials[0].crossed)
    wide = max(len(trial.name) for trial in trials) + 2
    lines = [f"\n{subject.role}, {FOLDS}-fold on the drawings to train on".ljust(wide)]
    lines.append(" " * wide + "".join(f"{name:>18}" for name in names))
    lines += [f"{trial.name:<{wide}}" + "".join(f"{trial.crossed[name]:>18.4f}" for name in names) for trial in trials]
    return "\n".join(lines)


def with_temperature(model: Learned, table: Table) -> Learned:
    """Make the confidence true: divide the outputs by what makes the types of these pictures likeliest (Guo 2017)."""
    outputs, truth = model.outputs(table.features), table.types

    def unlikeliness(temperature: float) -> float:
        shares = shares_of(outputs / temperature)
        return -float(np.log(np.maximum(shares[np.arange(len(truth)), truth], 1e-9)).mean())

    best = min(np.geomspace(0.3, 5, 60), key=unlikeliness)
    return model.shifted(np.full(model.columns, 1 / best, np.float32), np.zeros(model.columns, np.float32))


def with_intervals(model: Learned, table: Table) -> Learned:
    """Widen or narrow each method's interval until as many of these pictures lie inside as should (Romano 2019)."""
    outputs = model.outputs(table.features).reshape(len(table), len(TRACING), len(FORETOLD))
    shift = np.zeros((len(TRACING), len(FORETOLD)), np.float32)
    for method in range(len(TRACING)):
        known = np.isfinite(table.quality[:, method])
        truth = as_lack(table.quality[known, method])
        low, high = outputs[known, method, LOW], outputs[known, method, HIGH]  # a low quality is a high lack
        outside = np.maximum(truth - low, high - truth)
        level = min(1.0, INTERVAL * (1 + 1 / max(1, len(outside))))
        wider = float(np.quantile(outside, level)) if len(outside) else 0.0
        shift[method, [LOW, HIGH]] = wider, -wider
    return model.shifted(np.ones(model.columns, np.float32), shift.ravel())


_CALIBRATED: Mapping[Role, Callable[[Learned, Table], Learned]] = {
    Role.CLASSIFIER: with_temperature,
    Role.PREDICTOR: with_intervals,
}
