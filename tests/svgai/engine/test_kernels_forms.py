"""How far places lie outside a form, and which form comes nearest, as slow and obvious sums say it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svgai.engine.kernels.forms import (
    ELLIPSE,
    RECTANGLE,
    come_near,
    compare,
    moments,
    outside,
    outside_at,
    possible,
    trust,
)

FORMS = {
    "circle": (ELLIPSE, (10.0, 12.0, 14.0, 14.0, 0.0, 0.0)),
    "ellipse": (ELLIPSE, (10.0, 12.0, 18.0, 9.0, 0.6, 0.0)),
    "rectangle": (RECTANGLE, (10.0, 12.0, 18.0, 9.0, -0.4, 0.0)),
    "round corners": (RECTANGLE, (10.0, 12.0, 18.0, 12.0, 0.3, 3.0)),
}
ALL_WAYS = {ELLIPSE: np.eye(6)[:5], RECTANGLE: np.eye(6)}


def at(kind: int, place, form) -> tuple[float, np.ndarray]:
    form, slopes = np.array(form, float), np.empty(6)
    return outside(kind, *map(float, place), form, (math.cos(form[4]), math.sin(form[4])), slopes), slopes


def rim(kind: int, form, count: int = 400) -> np.ndarray:
    """Points on the outline of a form."""
    x, y, width, height, turn, radius = form
    if kind == ELLIPSE:
        t = np.linspace(0, 2 * np.pi, count, endpoint=False)
        u, v = width / 2 * np.cos(t), height / 2 * np.sin(t)
    else:
        t = np.linspace(0, np.pi / 2, count // 8)
        signs = ((1, 1), (-1, 1), (-1, -1), (1, -1))
        middles = np.array(signs) * (width / 2 - radius, height / 2 - radius)
        arcs = [
            middle + radius * np.column_stack([np.cos(t + begin), np.sin(t + begin)])
            for middle, begin in zip(middles, (0, np.pi / 2, np.pi, 3 * np.pi / 2), strict=True)
        ]
        sides = [np.linspace(arcs[n - 1][-1], arcs[n][0], count // 8) for n in range(4)]
        u, v = np.concatenate([part for pair in zip(sides, arcs, strict=True) for part in pair]).T
    return np.column_stack([x + u * math.cos(turn) - v * math.sin(turn), y + u * math.sin(turn) + v * math.cos(turn)])


@pytest.mark.parametrize("name", FORMS)
def test_what_is_on_the_rim_is_neither_outside_nor_inside(name: str) -> None:
    kind, form = FORMS[name]
    errors = np.empty(400)
    outside_at(kind, rim(kind, form), np.array(form), errors)
    assert np.abs(errors).max() < 1e-9
    assert at(kind, form[:2], form)[0] < -4
    assert at(kind, (40, 12), form)[0] > 10


def test_beside_a_rectangle_the_distance_is_exact_and_beside_a_circle_too() -> None:
    assert at(RECTANGLE, (13, 5), (5, 5, 10, 6, 0, 0))[0] == pytest.approx(3)
    assert at(RECTANGLE, (13, 12), (5, 5, 10, 6, 0, 0))[0] == pytest.approx(5)  # from its corner
    assert at(RECTANGLE, (9, 5), (5, 5, 10, 6, 0, 0))[0] == pytest.approx(-1)
    assert at(RECTANGLE, (10, 8), (5, 5, 10, 6, 0, 2))[0] == pytest.approx(math.sqrt(8) - 2)
    assert at(ELLIPSE, (9, 8), (5, 5, 6, 6, 0, 0))[0] == pytest.approx(2)


@pytest.mark.parametrize("name", FORMS)
@given(st.floats(-3, 23), st.floats(-1, 25))
@settings(max_examples=60, deadline=None)
def test_slopes_are_how_the_distance_grows_near_the_rim(name: str, x: float, y: float) -> None:
    kind, form = FORMS[name]
    error, slopes = at(kind, (x, y), form)
    if not 1e-3 < abs(error) < (0.02 if kind == ELLIPSE else 3.0):
        return
    for number in range(5 if kind == ELLIPSE else 6):
        step = np.eye(6)[number] * 1e-6
        grown = (at(kind, (x, y), form + step)[0] - at(kind, (x, y), form - step)[0]) / 2e-6
        smooth = abs(at(kind, (x, y), form + 50 * step)[0] - error) <= 60e-6 * (1 + abs(slopes[number]))
        if smooth and kind == ELLIPSE:
            assert slopes[number] == pytest.approx(grown, abs=0.02)  # to first order
        elif smooth and min(abs(value) for value in kinks((x, y), form)) > 1e-3:
            assert slopes[number] == pytest.approx(grown, abs=1e-4)


def kinks(place, form) -> tuple[float, ...]:
    """How far a place is from where a rectangle's nearest side changes."""
    x, y, width, height, turn, radius = form
    dx, dy = place[0] - x, place[1] - y
    u, v = dx * math.cos(turn) + dy * math.sin(turn), dy * math.cos(turn) - dx * math.sin(turn)
    beside, above = abs(u) - (width / 2 - radius), abs(v) - (height / 2 - radius)
    return u, v, beside, above, beside - above


def test_a_cut_is_a_weighted_mean_of_two_places_in_its_row_or_column() -> None:
    kind, form = FORMS["ellipse"]
    turn = (math.cos(form[4]), math.sin(form[4]))
    for is_level, across, along in ((True, (0.0, 1.0), 0), (False, (1.0, 0.0), 1)):
        two = np.empty((2, 6))
        found = compare(kind, 17.0, 15.0, is_level, np.array(form), turn, two)
        places = [np.array([17.0, 15.0]) + way * 0.5 / math.sqrt(3) * np.array(across) for way in (-1, 1)]
        pairs = [at(kind, place, form) for place in places]
        weights = [1 / max(abs(slopes[along]), 0.2) for _, slopes in pairs]
        assert found == pytest.approx(np.average([error for error, _ in pairs], weights=weights))
        assert two[0] == pytest.approx(np.average([slopes for _, slopes in pairs], axis=0, weights=weights))


@pytest.mark.parametrize("name", FORMS)
def test_a_form_comes_back_from_points_on_its_rim(name: str) -> None:
    kind, form = FORMS[name]
    points = np.unique(rim(kind, form), axis=0)
    is_level = np.zeros(len(points), np.bool_)
    found = np.array(form) + np.array([0.3, -0.2, 0.4, 0.3, 0.02, 0.2 if form[5] else 0.0])
    trusted, errors = np.empty(len(points), np.bool_), np.empty(len(points))
    trust(kind, points, is_level, np.array(form), 2.5, trusted)
    ways = ALL_WAYS[kind] if form[5] else np.eye(6)[:5]
    count = come_near(kind, points, is_level, trusted, found, ways, 1e-4 * len(points), 1e-4, 20, errors)
    assert count == trusted.sum() > 50
    assert np.sqrt((errors[:count] ** 2).mean()) < 0.05
    assert np.abs(found - form)[[0, 1, 2, 3, 5]].max() < 0.1


def test_cuts_at_corners_are_not_trusted() -> None:
    form = np.array([10.0, 10.0, 12.0, 8.0, 0.0, 0.0])
    cuts = np.array([(4.0, 10.5), (4.0, 6.2), (10.5, 6.0), (15.8, 6.0)])
    trusted = np.empty(4, np.bool_)
    trust(RECTANGLE, cuts, np.array([True, True, False, False]), form, 2.5, trusted)
    assert trusted.tolist() == [True, False, True, False]


def test_moments_are_those_of_the_area() -> None:
    area, x, y, xx, yy, xy = moments(np.array([(2.0, 3.0), (8.0, 3.0), (8.0, 7.0), (2.0, 7.0)]))
    assert (abs(area), x, y) == pytest.approx((24, 5, 5))
    assert (xx, yy, xy) == pytest.approx((36 / 12, 16 / 12, 0))
    assert moments(np.array([(1.0, 1.0), (2.0, 2.0), (3.0, 3.0)]))[0] == 0


def test_a_possible_form_has_sides_a_small_turn_and_corners_that_fit() -> None:
    form = np.array([1.0, 2.0, -3.0, 8.0, 1.8, 9.0])
    possible(form)
    assert form == pytest.approx([1, 2, 8, 0.5, 1.8 - math.pi / 2, 0.25])
