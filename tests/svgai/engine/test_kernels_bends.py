"""Corners are found where a drawing has some, and nowhere else."""

from __future__ import annotations

import math

import numpy as np
import pytest

from svgai.engine.kernels.bends import CORNER, END, SMOOTH, find_bends, foot, look, meet, parabola

SKIP, REACH, LEAST_TURN = 1.0, 4.5, 0.3
FAR = 4.0


def along(corners, step: float = 1.0, *, is_ring: bool = True) -> np.ndarray:
    """Points on the sides of a polygon, none of them nearer to a corner than half a step."""
    points = []
    ends = np.array(corners, float)
    for begin, end in zip(ends, np.roll(ends, -1, axis=0) if is_ring else ends[1:], strict=False):
        count = max(1, round(math.dist(begin, end) / step))
        points.append(begin + (np.arange(count)[:, None] + 0.5) / count * (end - begin))
    return np.vstack(points)


def round_about(radius: float, count: int) -> np.ndarray:
    turns = 2 * np.pi * (np.arange(count) + 0.5) / count
    return 50 + radius * np.stack([np.cos(turns), np.sin(turns)], axis=1)


def bends_of(
    points: np.ndarray, *, is_ring: bool = True, step: float = 2.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n = len(points)
    index, kind, places = np.empty(2 * n + 2, np.int32), np.empty(2 * n + 2, np.int32), np.empty((2 * n + 2, 8))
    count = find_bends(np.ascontiguousarray(points), is_ring, step, SKIP, REACH, FAR, LEAST_TURN, index, kind, places)
    return index[:count], kind[:count], places[:count]


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_a_parabola_fits_as_polynomials_do(noise: float) -> None:
    random = np.random.default_rng(1)
    t = np.linspace(0, 5, 9)
    h = 0.3 - 0.2 * t + 0.15 * t * t + noise * random.standard_normal(9)
    a, b, c, error = parabola(t, h, 9)
    assert (c, b, a) == pytest.approx(np.polyfit(t, h, 2))
    assert error == pytest.approx(np.sqrt(((np.polyval((c, b, a), t) - h) ** 2).mean()), abs=1e-9)


def test_points_on_a_line_are_no_parabola_however_they_tremble() -> None:
    t = np.arange(8.0)
    a, b, c, error = parabola(t, 1 + 0.5 * t + 0.03 * (-1) ** np.arange(8), 8)
    assert c == 0
    assert (a, b) == pytest.approx((1, 0.5), abs=0.02)
    assert error < 0.04


def test_a_side_tells_where_an_outline_would_go_on() -> None:
    side = np.empty(8)
    points = along([(0, 0), (20, 10)], is_ring=False)
    assert look(points, False, 12, -1, SKIP, REACH, side)
    x, y, u, v = foot(side, 22.0, 11.0)  # it is not followed so far
    assert math.hypot(x - 22, y - 11) > 3
    place = points[12]
    x, y, u, v = foot(side, *place)
    assert (x, y) == pytest.approx(place, abs=1e-6)
    assert (u, v) == pytest.approx((-2 / math.sqrt(5), -1 / math.sqrt(5)), abs=1e-6)  # away from the place
    assert not look(points, False, 0, -1, SKIP, REACH, side)


@pytest.mark.parametrize("degrees", [25, 60, 90, 150])
def test_a_corner_is_where_its_sides_meet_and_turns_by_their_angle(degrees: float) -> None:
    turn = math.radians(degrees)
    end = (20.3 + 15 * math.cos(turn), 20 + 15 * math.sin(turn))
    points, place = along([(5, 20), (20.3, 20), end], is_ring=False), np.empty(8)
    nearest = int(np.argmin(np.hypot(*(points - (20.3, 20)).T)))
    assert meet(points, False, nearest, SKIP, REACH, FAR, place)
    assert place[:2] == pytest.approx((20.3, 20), abs=1e-6)
    assert place[2:6] == pytest.approx((1, 0, math.cos(turn), math.sin(turn)), abs=1e-6)
    assert place[6] == pytest.approx(turn, abs=1e-6)


@pytest.mark.parametrize("corners", [3, 4, 5, 8])
def test_a_polygon_has_a_corner_at_each_of_its_corners_and_nowhere_else(corners: int) -> None:
    turns = 2 * np.pi * np.arange(corners) / corners + 0.2
    polygon = 50 + 30 * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    index, kind, places = bends_of(along(polygon))
    found = places[kind == CORNER, :2]
    assert len(found) == corners
    assert np.hypot(*(found[:, None] - polygon).transpose(2, 0, 1)).min(axis=0).max() < 0.01
    assert (np.diff(index) >= 0).all()


@pytest.mark.parametrize("radius", [8.0, 20.0, 45.0])
def test_a_circle_has_no_corner_and_its_directions_are_tangents(radius: float) -> None:
    index, kind, places = bends_of(round_about(radius, round(6 * radius)))
    assert (kind == SMOOTH).all()
    assert len(index) >= 8
    out = (places[:, :2] - 50) / radius
    assert np.hypot(*out.T) == pytest.approx(np.ones(len(out)), abs=0.01)
    assert np.abs((out * places[:, 2:4]).sum(axis=1)).max() < 0.03


def test_an_open_line_begins_and_ends_at_its_ends() -> None:
    points = along([(5, 20), (20, 20), (20, 40)], is_ring=False)
    _, kind, places = bends_of(points, is_ring=False)
    assert kind[0] == kind[-1] == END
    assert (kind == CORNER).sum() == 1
    assert places[0, :6] == pytest.approx([*points[0], 1, 0, 1, 0], abs=1e-6)
    assert places[-1, :6] == pytest.approx([*points[-1], 0, 1, 0, 1], abs=1e-6)


def test_smooth_places_are_a_step_apart() -> None:
    _, _, places = bends_of(round_about(30, 200), step=5.0)
    apart = np.hypot(*np.diff(places[:, :2], axis=0).T)
    assert apart.min() > 4
    assert apart.max() < 7


@pytest.mark.parametrize("points", [np.zeros((6, 2)), np.array([(1.0, 1.0), (1.0, 2.0), (2.0, 2.0), (2.0, 1.0)])])
def test_points_that_tell_nothing_break_nothing(points: np.ndarray) -> None:
    for is_ring in (False, True):
        assert np.isfinite(bends_of(points, is_ring=is_ring)[2]).all()
