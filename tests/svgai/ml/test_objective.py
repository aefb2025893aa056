"""One definition of what is best: quality, less a thousandth for each second, within target and budget."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svgai.ml.objective import rank, worth
from svgai.ml.types import Prediction


def told(quality: float, seconds: float) -> Prediction:
    return Prediction(quality, quality, quality, seconds)


METHODS = {"quick": told(0.90, 0.1), "good": told(0.96, 1.0), "slow": told(0.962, 20.0)}


def test_a_second_is_worth_a_thousandth():
    assert worth(0.9, 0) - worth(0.9, 1) == pytest.approx(0.001)
    assert worth(0.95, 3) == pytest.approx(worth(0.951, 4))


@pytest.mark.parametrize(
    ("wishes", "ranking"),
    [
        ({}, "good slow quick"),
        ({"target": 0.961}, "slow good quick"),
        ({"target": 0.99}, "good slow quick"),
        ({"target": 0.8}, "good slow quick"),
        ({"budget": 10}, "good quick slow"),
        ({"budget": 10, "target": 0.961}, "good quick slow"),
        ({"budget": 0.5}, "quick good slow"),
        ({"budget": 0.01}, "quick good slow"),
        ({"second": 0.1}, "quick good slow"),
    ],
)
def test_methods_are_ranked_by_worth_within_target_and_budget(wishes, ranking):
    assert rank(METHODS, **wishes) == tuple(ranking.split())


def test_of_equals_the_one_named_first_comes_first():
    assert rank({"b": told(0.9, 1), "a": told(0.9, 1)}) == ("b", "a")


@given(
    st.dictionaries(st.text(min_size=1), st.builds(told, st.floats(0, 1), st.floats(0, 100)), min_size=1),
    st.floats(0, 1),
    st.floats(0.01, 100),
)
def test_every_method_has_its_place(methods, target, budget):
    ranking = rank(methods, target, budget)
    assert sorted(ranking) == sorted(methods)
    fitting = [name for name in methods if methods[name].seconds <= budget]
    if fitting:
        assert ranking[0] in fitting
        reaching = [name for name in fitting if methods[name].quality >= target]
        assert ranking[0] in (reaching or fitting)
