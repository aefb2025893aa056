"""Points on cubics, and the nearest of them."""

from __future__ import annotations

import numpy as np
import pytest

from svgai.engine.kernels.beziers import nearest, point, slope

LINE = np.array([(0.0, 0.0), (2.0, 0.0), (4.0, 0.0), (6.0, 0.0)])


def test_a_segment_begins_and_ends_at_its_outer_control_points() -> None:
    segment = np.random.default_rng(1).uniform(0, 9, (4, 2))
    assert point(segment, 0.0) == pytest.approx(segment[0])
    assert point(segment, 1.0) == pytest.approx(segment[3])


@pytest.mark.parametrize("t", [0.0, 0.2, 0.7, 1.0])
def test_the_slope_is_the_change_of_the_point(t: float) -> None:
    segment = np.random.default_rng(2).uniform(0, 9, (4, 2))
    ahead, behind = (np.array(point(segment, t + by)) for by in (1e-5, -1e-5))
    assert slope(segment, t) == pytest.approx((ahead - behind) / 2e-5, abs=1e-5)


@pytest.mark.parametrize("seed", range(12))
def test_nothing_is_nearer_than_the_nearest_point(seed: int) -> None:
    random = np.random.default_rng(seed)
    segments, place = random.uniform(0, 20, (3, 4, 2)), random.uniform(-5, 25, 2)
    number, t, x, y = nearest(segments, *place)
    assert (x, y) == pytest.approx(point(segments[number], t))
    every = [point(segment, t) for segment in segments for t in np.linspace(0, 1, 2001)]
    assert np.hypot(x - place[0], y - place[1]) <= np.hypot(*(np.array(every) - place).T).min() + 0.02


def test_beyond_an_end_the_end_is_nearest() -> None:
    assert nearest(LINE[None], -3.0, 1.0) == pytest.approx((0, 0, 0, 0), abs=1e-9)
    assert nearest(LINE[None], 9.0, 1.0) == pytest.approx((0, 1, 6, 0), abs=1e-9)
    assert nearest(np.stack([LINE, LINE + 50]), 7.0, 1.0) == pytest.approx((0, 1, 6, 0), abs=1e-9)
    assert nearest(np.zeros((1, 4, 2)), 1.0, 1.0) == (0, 0, 0, 0)
