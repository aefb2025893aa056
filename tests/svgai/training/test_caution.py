"""How far a router goes is chosen so that what is wanted comes of it."""

import numpy as np
import pytest

from svgai.ml.metadata import TRACING
from svgai.training.caution import find_frontier
from svgai.training.judging import judge_choices, regrets
from svgai.training.tables import table_of
from tests.svgai.training.invented import learnable_rows, made, row

FAST, OPTIMISED, REFINED = (TRACING.index(name) for name in ("fast", "optimised", "refined"))


def table(count=60):
    """Optimised is best but for every sixth picture, where refined is; refined takes ten times as long."""
    rows = []
    for number in range(count):
        gain = 0.02 if number % 6 == 0 else 0.0
        quality = {"fast": 0.9, "optimised": 0.97, "refined": 0.97 + gain, "baseline": 0.7}
        seconds = {"fast": 0.1, "optimised": 0.4, "refined": 4.0, "baseline": 0.01}
        rows.append(row(f"a-1-{number}", methods={name: made(quality[name], seconds[name]) for name in TRACING}))
    return table_of(rows)


def scores(told):
    """What a router says of each picture: 1 for the method it would take, 0.5 for optimised."""
    found = np.zeros((len(told), len(TRACING)), np.float32)
    found[:, OPTIMISED] = 0.5
    found[np.arange(len(told)), told] = 1
    return found


def test_a_router_that_is_right_goes_its_own_way():
    given = table()
    right = scores(regrets(given).argmin(axis=1))
    frontier = find_frontier(right, given)

    assert (frontier.usual, frontier.dearest) == ("optimised", "refined")
    assert judge_choices(right + frontier.shift(), given)["regret"] == 0
    assert frontier.taken.right == 1
    assert frontier.taken.time < 0.5


def test_a_router_that_is_wrong_is_held_back():
    given = table()
    wrong = scores(np.full(len(given), FAST))
    frontier = find_frontier(wrong, given)
    chosen = (wrong + frontier.shift()).argmax(axis=1)

    assert (chosen == OPTIMISED).all()
    assert frontier.taken.regret == pytest.approx(frontier.fixed)


def test_time_is_kept_where_that_is_wanted():
    """A router that always takes the dearest method, which is hardly ever worth it."""
    given = table()
    frontier = find_frontier(scores(np.full(len(given), REFINED)), given)

    assert frontier.taken.time <= 0.5
    assert frontier.taken.regret <= frontier.fixed + 1e-9


def test_no_point_of_the_frontier_is_better_than_another():
    given = table_of(learnable_rows(120))
    frontier = find_frontier(np.random.default_rng(1).normal(size=(120, len(TRACING))).astype(np.float32), given)
    told = [(-each.right, each.regret, each.time, -each.removed) for each in frontier.points]

    assert frontier.taken in frontier.points
    assert len(set(told)) == len(told)
    for one in told:
        assert sum(all(a <= b for a, b in zip(other, one, strict=True)) for other in told if other != one) <= 1
    assert "taken" in frontier.told()
