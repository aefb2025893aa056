"""What is taken of a router's chances is what advice takes, and what comes of it is counted."""

import numpy as np
import pytest

from svgai.ml.advice import PLENTY, _by_chance, _thrifty
from svgai.ml.metadata import TRACING
from svgai.ml.types import Prediction
from svgai.training.choosing import Expected, outcome_of, taken, told
from svgai.training.tables import table_of
from tests.svgai.training.invented import made, row

FAST, OPTIMISED, REFINED, BASE = (TRACING.index(name) for name in ("fast", "optimised", "refined", "baseline"))
QUALITY = {"fast": 0.9, "optimised": 0.97, "refined": 0.97, "baseline": 0.7}
SECONDS = {"fast": 0.1, "optimised": 0.4, "refined": 4.0, "baseline": 0.01}


def table(count=60):
    """Optimised is best but for every sixth picture, where refined is; refined takes ten times as long."""
    rows = []
    for number in range(count):
        gain = {"refined": 0.02 if number % 6 == 0 else 0.0}
        rows.append(
            row(
                f"a-1-{number}",
                methods={name: made(QUALITY[name] + gain.get(name, 0), SECONDS[name]) for name in TRACING},
            )
        )
    return table_of(rows)


def chances(told):
    """What a router says of each picture: 0.9 for the method it would take, 0.5 for optimised, else 0.1."""
    found = np.full((len(told), len(TRACING)), 0.1, np.float32)
    found[:, OPTIMISED] = 0.5
    found[np.arange(len(told)), told] = 0.9
    return found


def expected(count=60, quality=0.9):
    seconds = np.tile(np.array([SECONDS[name] for name in TRACING], np.float32), (count, 1))
    return Expected(np.full((count, len(TRACING)), quality, np.float32), seconds)


def test_the_likeliest_is_taken():
    likely = np.arange(60) % 3
    assert (taken(chances(likely), expected()) == likely).all()


def test_the_dearest_is_left_where_what_is_next_does_well_enough():
    likely = chances(np.full(60, REFINED))
    assert (taken(likely, expected(quality=0.99), plenty=0.98) == OPTIMISED).all()
    assert (taken(likely, expected(quality=0.97), plenty=0.98) == REFINED).all()


def test_the_baseline_is_never_the_first_choice():
    assert (taken(chances(np.full(60, BASE)), expected()) == OPTIMISED).all()


def test_training_takes_what_advice_takes():
    random = np.random.default_rng(7)
    likely = random.uniform(0, 1, (400, len(TRACING))).astype(np.float32)
    seconds, quality = random.uniform(0, 4, (400, len(TRACING))), random.uniform(0.96, 1, (400, len(TRACING)))
    found = taken(likely, Expected(quality, seconds))
    for number in range(400):
        predictions = {
            name: Prediction(float(quality[number, place]), 0.0, 1.0, float(seconds[number, place]))
            for place, name in enumerate(TRACING)
        }
        ranking = _thrifty(_by_chance(dict(zip(TRACING, likely[number], strict=True))), predictions)
        assert sorted(ranking) == sorted(TRACING)
        assert ranking[-1] == "baseline"
        assert ranking[0] == TRACING[found[number]]


def test_what_comes_of_choices():
    given = table()
    best = outcome_of(np.where(np.arange(60) % 6 == 0, REFINED, OPTIMISED), given)
    assert (best.right, best.regret) == (1, 0)
    assert best.time == pytest.approx((10 * 4 + 50 * 0.4) / 60 / 4)
    assert best.removed == pytest.approx((10 * 0.29 + 50 * 0.27) / 60 / 0.3)
    plain = outcome_of(np.full(60, OPTIMISED), given)
    assert plain.right == pytest.approx(50 / 60)


def test_the_table_marks_what_is_taken():
    likely = chances(np.full(60, REFINED))
    (line,) = [line for line in told(likely, expected(), table()).splitlines() if line.endswith("taken")]
    assert float(line.split()[0]) == PLENTY
