"""The cheapest chain is as cheap as the cheapest of all there are."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from svgai.engine.curves import CORNER_PRICE, PRICE
from svgai.engine.kernels.bends import CORNER, END, SMOOTH
from svgai.engine.kernels.beziers import point
from svgai.engine.kernels.chains import cheapest_chain, fit_cubic, line_error, paced, sample
from tests.svgai.engine.test_kernels_bends import SKIP, along, bends_of, round_about

NO_SKIP = (0.0, 0.0)
NOISE, TOLERANCE = 0.07, 0.3


def on_cubic(controls: np.ndarray, count: int = 30) -> np.ndarray:
    return np.array([point(controls, t) for t in np.linspace(0, 1, count)])


def ends_of(controls: np.ndarray) -> np.ndarray:
    """Ends and directions, as the kernels want them."""
    begin, end = controls[1] - controls[0], controls[3] - controls[2]
    return np.concatenate([controls[0], begin / np.hypot(*begin), controls[3], end / np.hypot(*end)])


@pytest.mark.parametrize("seed", range(6))
def test_a_cubic_goes_through_the_points_of_a_cubic(seed: int) -> None:
    random = np.random.default_rng(seed)
    controls = np.array([(0, 0), (8, 10), (22, 12), (30, 0)]) + random.uniform(-3, 3, (4, 2))
    points = on_cubic(controls)
    a, b, total, worst = fit_cubic(paced(points, False), 0, 29, ends_of(controls), NO_SKIP, TOLERANCE)
    assert worst < 0.2  # handles are found step by step, and not followed to the end
    assert 0 <= total < 28 * worst**2
    ends = ends_of(controls)
    fitted = np.array([controls[0], controls[0] + a * ends[2:4], controls[3] - b * ends[6:8], controls[3]])
    apart = np.hypot(*(on_cubic(fitted, 300)[:, None] - points).transpose(2, 0, 1)).min(axis=0)
    assert apart.max() < 0.2


def test_a_quarter_of_a_circle_is_one_cubic_with_the_handles_that_everyone_knows() -> None:
    turns = np.linspace(0, np.pi / 2, 40)
    points = 20 * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    ends = np.array([20, 0, 0, 1, 0, 20, -1, 0], float)
    a, b, _, worst = fit_cubic(paced(points, False), 0, 39, ends, NO_SKIP, TOLERANCE)
    assert (a, b) == pytest.approx((20 * 0.5523, 20 * 0.5523), rel=0.01)
    assert worst < 0.02


def test_what_no_cubic_goes_through_is_refused() -> None:
    zigzag = np.stack([np.arange(30.0), 8 * (-1.0) ** np.arange(30)], axis=1)
    ends = np.array([0, 0, 1, 0, 29, 0, 1, 0], float)
    track = paced(zigzag, False)
    assert fit_cubic(track, 0, 29, ends, NO_SKIP, TOLERANCE)[2] < 0
    assert fit_cubic(track, 0, 1, np.zeros(8), NO_SKIP, TOLERANCE)[2] < 0


def test_the_error_of_a_line_is_that_of_its_points() -> None:
    track = paced(np.array([(0, 0), (1, 0.1), (2, -0.2), (3, 0.05), (4, 0)], float), False)
    ends = np.array([0, 0, 1, 0, 4, 0, 1, 0], float)
    total, worst = line_error(track, 0, 4, ends, NO_SKIP, TOLERANCE)
    assert total == pytest.approx(0.1**2 + 0.2**2 + 0.05**2)
    assert worst == pytest.approx(0.2)
    assert line_error(track, 0, 4, ends, (1.5, 1.5), TOLERANCE)[0] == pytest.approx(0.2**2)  # rounded off at its ends
    assert line_error(track, 0, 4, ends, NO_SKIP, 0.15)[0] < 0


def test_of_a_long_piece_only_some_points_are_looked_at() -> None:
    track = paced(along([(0, 0), (200, 0)], is_ring=False), False)
    ends = np.array([0, 0, 1, 0, 200, 0, 1, 0], float)
    x, y, t = (np.empty(28) for _ in range(3))
    count, every = sample(track, 0, 199, ends, NO_SKIP, x, y, t)
    assert every == 8
    assert 20 < count <= 28
    assert t[:count] == pytest.approx(x[:count] / 200, abs=1e-6)
    assert (np.diff(t[:count]) > 0).all()


def test_a_track_tells_how_far_along_each_point_lies_and_a_ring_goes_round_twice() -> None:
    square = np.array([(0, 0), (3, 0), (3, 4), (0, 4)], float)
    assert paced(square, False) == pytest.approx(np.column_stack([square, (0, 3, 7, 10)]))
    ring = paced(square, True)
    assert ring[:, :2] == pytest.approx(np.tile(square, (2, 1)))
    assert ring[:, 2] == pytest.approx([0, 3, 7, 10, 14, 17, 21, 24])


def chained(points, bends, start: int = 0, *, is_ring: bool) -> tuple[float, list[int], np.ndarray]:
    """What the cheapest chain costs, its stops, and whether it comes to each place by a line."""
    index, kind, places = bends
    size = len(index) + is_ring
    before, is_line, handles = np.empty(size, np.int32), np.zeros(size, np.bool_), np.zeros((size, 2))
    cost = cheapest_chain(
        np.ascontiguousarray(points), is_ring, start, index, kind, places, len(index),
        PRICE, NOISE, TOLERANCE, SKIP, CORNER_PRICE, before, is_line, handles,
    )  # fmt: skip
    stops = [size - 1]
    while stops[-1] > 0:
        stops.append(int(before[stops[-1]]))
    return cost, stops[::-1], is_line


def slow_cost(points, bends, chain, ways, start: int, *, is_ring: bool) -> float:
    """What a chain costs that goes by a line or a cubic from each stop to the next; infinite where it cannot."""
    index, kind, places = bends
    track = paced(np.ascontiguousarray(points), is_ring)
    count, n, cost = len(index), len(points), 0.0
    for number, (k, m) in enumerate(itertools.pairwise(chain)):
        (turn, here), (later, there) = divmod(start + k, count), divmod(start + m, count)
        first, last = index[here] + n * turn, index[there] + n * later
        if last == first:
            return math.inf
        ends = np.concatenate([places[here, 0:2], places[here, 4:6], places[there, 0:2], places[there, 2:4]])
        skips = tuple(SKIP if kind[at] != SMOOTH else 0.0 for at in (here, there))
        if ways[number]:
            total, _ = line_error(track, first, last, ends, skips, TOLERANCE)
            chord = (ends[4:6] - ends[0:2]) / max(1e-9, math.dist(ends[0:2], ends[4:6]))
            bent = any(
                kind[at] == SMOOTH and chord @ way < 0.985 for at, way in ((here, ends[2:4]), (there, ends[6:8]))
            )
            if total < 0 or bent:
                return math.inf
            twice = number > 0 and ways[number - 1] and kind[here] == SMOOTH
            cost += (2 + twice) * PRICE
        else:
            _, _, total, worst = fit_cubic(track, first, last, ends, skips, TOLERANCE)
            if last - first < 2 or total < 0 or worst > TOLERANCE:
                return math.inf
            cost += 6 * PRICE
        if kind[there] == CORNER:
            cost += PRICE * CORNER_PRICE * max(0.0, 1.2 - abs(places[there, 6]))
        cost += total / (2 * NOISE * NOISE)
    return cost


def slowest_chain(points, bends, start: int, *, is_ring: bool) -> float:
    """The cheapest of all chains, each of them tried."""
    goal = len(bends[0]) - 1 + is_ring
    costs = []
    for size in range(goal):
        for inner in itertools.combinations(range(1, goal), size):
            chain = (0, *inner, goal)
            for ways in itertools.product((True, False), repeat=len(chain) - 1):
                costs.append(slow_cost(points, bends, chain, ways, start, is_ring=is_ring))
    return min(costs)


def few(bends, most: int, keep=()) -> tuple:
    """Only so many of the places, but all corners and ends."""
    index, kind, places = bends
    dear = np.flatnonzero(kind != SMOOTH)
    others = np.setdiff1d(np.arange(len(index)), dear)
    chosen = np.sort(np.concatenate([dear, others[:: max(1, math.ceil(len(others) / max(1, most - len(dear))))]]))
    return tuple(np.ascontiguousarray(each[chosen]) for each in (index, kind, places))


BEND = np.array([(20.0, 10.0), (28.0, 10.0), (30.0, 16.0), (30.0, 24.0)])
DRAWN = {
    "circle": (round_about(15, 90), True),
    "square": (along([(5, 5), (25, 5), (25, 25), (5, 25)]), True),
    "half disc": (np.vstack([round_about(15, 90)[:45], along([(35, 50), (65, 50)], is_ring=False)]), True),
    "hook": (np.vstack([along([(0, 10), (20, 10)], is_ring=False), on_cubic(BEND)[1:]]), False),
    "line": (along([(3, 4), (30, 11)], is_ring=False), False),
}


@pytest.mark.parametrize("trembling", [0.0, 0.02])
@pytest.mark.parametrize("name", DRAWN)
def test_the_chain_is_as_cheap_as_the_cheapest_of_all(name: str, trembling: float) -> None:
    points, is_ring = DRAWN[name]
    points = points + trembling * np.random.default_rng(1).standard_normal(points.shape)
    bends = few(bends_of(points, is_ring=is_ring), 6)
    cost, stops, is_line = chained(points, bends, is_ring=is_ring)
    assert stops[0] == 0
    mine = slow_cost(points, bends, stops, is_line[stops[1:]], 0, is_ring=is_ring)
    best = slowest_chain(points, bends, 0, is_ring=is_ring)
    assert math.isfinite(best)
    assert cost == pytest.approx(mine)
    assert cost == pytest.approx(best)


def test_a_ring_may_begin_anywhere() -> None:
    points, is_ring = DRAWN["square"]
    bends = bends_of(points)
    corners = np.flatnonzero(bends[1] == CORNER)
    costs = [chained(points, bends, int(start), is_ring=is_ring)[0] for start in corners]
    assert costs == pytest.approx([costs[0]] * 4)


def test_there_is_a_chain_even_where_nothing_fits() -> None:
    points = np.random.default_rng(3).uniform(0, 40, (25, 2))
    bends = (
        np.arange(25, dtype=np.int32),
        np.array([END] + [SMOOTH] * 23 + [END], np.int32),
        np.column_stack([points, np.tile((1.0, 0.0, 1.0, 0.0, 0.0, 0.0), (25, 1))]),
    )
    cost, stops, _ = chained(points, bends, is_ring=False)
    assert math.isfinite(cost)
    assert stops[0] == 0
    assert stops[-1] == 24
