"""How a winner is found and calibrated."""

import dataclasses

import numpy as np
import pytest

from svgai.ml.metadata import FORETOLD, TRACING, Role
from svgai.training.finishing import HIGH, LOW, QUALITY, as_lack, as_quality, predictions_of, shares_of
from svgai.training.fitting import SUBJECTS, Trial, choose, chosen_by, try_out, usable, with_intervals, with_temperature
from svgai.training.judging import judge_predictions, regrets
from svgai.training.lessons import BOOSTED, FOREST, NETWORK, RULES, Ruled
from svgai.training.tables import table_of
from tests.svgai.training.invented import learnable_rows, row

CLASSIFIER = next(subject for subject in SUBJECTS if subject.role is Role.CLASSIFIER)
PREDICTOR = next(subject for subject in SUBJECTS if subject.role is Role.PREDICTOR)


def trial(name, value):
    return Trial(name, {"accuracy": value, "mean_error": value}, np.zeros((1, 4), np.float32))


def test_the_best_candidate_wins():
    assert choose(CLASSIFIER, [trial(FOREST, 0.9), trial(BOOSTED, 0.95), trial(NETWORK, 0.8)]).name == BOOSTED
    assert choose(PREDICTOR, [trial(FOREST, 0.01), trial(BOOSTED, 0.05), trial(NETWORK, 0.08)]).name == FOREST


def test_a_network_that_is_as_good_wins_as_it_is_simpler_to_serve():
    assert choose(CLASSIFIER, [trial(BOOSTED, 0.95), trial(NETWORK, 0.9485)]).name == NETWORK


def test_rules_are_compared_and_never_become_a_model():
    assert choose(CLASSIFIER, [trial(RULES, 0.99), trial(FOREST, 0.9)]).name == FOREST


def test_candidates_are_judged_on_drawings_they_were_not_fitted_on():
    table = table_of(learnable_rows(60))
    seen = []

    def teach(given, _):
        seen.append({each.drawing for each in given.rows})
        return Ruled(lambda _: [0.0, 0.0, 0.0, 0.0])

    found = try_out("spy", teach, CLASSIFIER, table, 1)

    drawings = {each.drawing for each in table.rows}
    assert len(found.answers) == 60
    assert all(each < drawings for each in seen)
    assert set.intersection(*seen) == set()  # each drawing was held out once


class Fixed:
    """A model that gives the same outputs whatever it is asked, and can be shifted."""

    def __init__(self, outputs):
        self.given = np.asarray(outputs, np.float32)
        self.columns = self.given.shape[1]

    def outputs(self, features):
        return self.given[: len(features)]

    def shifted(self, scale, shift):
        return Fixed(self.given * scale + shift)


def test_confidence_becomes_true():
    """Outputs that are sure of themselves and right seven times of ten."""
    table = table_of([row(f"a-1-{n}", image_type="simple" if n % 10 < 7 else "complex") for n in range(200)])
    model = Fixed(np.tile([9.0, 0, 0, 0], (200, 1)))
    shares = shares_of(with_temperature(model, table).outputs(table.features))

    assert shares[:, 0].mean() == pytest.approx(0.7, abs=0.06)


def test_intervals_hold_as_many_as_they_should():
    numbers = np.random.default_rng(2)
    table = table_of(learnable_rows(400))
    outputs = np.zeros((400, len(TRACING), len(FORETOLD)), np.float32)
    outputs[..., :3] = as_lack(table.quality)[..., None] + numbers.normal(0, 0.5, (400, len(TRACING), 1))
    model = with_intervals(Fixed(outputs.reshape(400, -1)), table)
    answers = predictions_of(model.outputs(table.features))

    assert judge_predictions(answers, table)["coverage"] == pytest.approx(0.9, abs=0.01)
    told = answers.reshape(400, len(TRACING), -1)
    assert (told[..., LOW] <= told[..., QUALITY]).all()
    assert (told[..., QUALITY] <= told[..., HIGH]).all()


def test_quality_comes_back_from_its_scale():
    quality = np.array([-0.2, 0.0, 0.5, 0.99, 1.0], np.float32)

    assert as_quality(as_lack(quality)) == pytest.approx(quality, abs=1e-5)


def test_each_role_learns_from_the_pictures_that_say_something_of_it():
    whole = learnable_rows(4)
    rows = [*whole[:2], dataclasses.replace(whole[2], methods={}), dataclasses.replace(whole[3], image_type=None)]
    table = table_of(rows)

    assert len(usable(Role.CLASSIFIER, table)) == 3
    assert len(usable(Role.PREDICTOR, table)) == 3
    assert len(usable(Role.ROUTER, table)) == 3


def test_the_choice_by_prediction_weighs_time():
    told = np.zeros((1, len(TRACING), len(FORETOLD)), np.float32)
    told[0, :, QUALITY] = 0.9
    told[0, TRACING.index("refined"), QUALITY] = 0.904
    told[0, :, 3] = np.log(0.1)
    told[0, TRACING.index("optimised"), 3] = np.log(0.05)
    quick, slow = told.copy(), told.copy()
    slow[0, TRACING.index("refined"), 3] = np.log(5)

    assert TRACING[int(chosen_by(quick.reshape(1, -1))[0])] == "refined"
    assert TRACING[int(chosen_by(slow.reshape(1, -1))[0])] == "optimised"


def test_regret_is_zero_for_the_best_alone():
    lost = regrets(table_of(learnable_rows(20)))

    assert (lost.min(axis=1) == 0).all()
    assert (lost >= 0).all()
