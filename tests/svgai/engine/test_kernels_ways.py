"""Ways beside an edge, and whether shapes above hide them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from svgai.engine.kernels.beziers import point
from svgai.engine.kernels.ways import is_covered, is_hidden, move_aside, points_along, trim

LOWER, UPPER, CLEAR = 0, 1, 2
RANKS, OPAQUE = np.array([0, 1, 2], np.int32), np.array([True, True, False])


def line(*places: tuple[float, float]) -> np.ndarray:
    """Straight segments from place to place."""
    ends = np.array(places, np.float64)
    thirds = np.arange(4)[:, None] / 3
    return np.array([one + thirds * (other - one) for one, other in itertools.pairwise(ends)])


ARC = np.array([[(40.0, 20.0), (40.0, 31.0), (31.0, 40.0), (20.0, 40.0)]])


@pytest.mark.parametrize("way", [line((3, 4), (9, 4), (9, 30)), ARC], ids=["lines", "arc"])
def test_points_go_all_along_less_than_a_pixel_apart(way: np.ndarray) -> None:
    points = points_along(way)
    assert points[0] == pytest.approx(way[0, 0])
    assert points[-1] == pytest.approx(way[-1, 3])
    assert np.hypot(*np.diff(points, axis=0).T).max() < 1


def test_a_way_is_hidden_where_all_beside_it_is_under_what_lies_above() -> None:
    labels = np.full((40, 40), LOWER, np.int32)
    labels[10:20] = UPPER
    sides = np.array([-0.75, 0.0, 0.75])

    def hidden(y: float, other: int = -1) -> bool:
        return is_hidden(line((5, y), (35, y)), sides, 1.2, labels, RANKS, OPAQUE, LOWER, other)

    assert hidden(15.0)
    assert hidden(10.8)
    assert not hidden(10.7)  # what lies 0.75 to the side is still in the lower shape
    assert not hidden(5.0)
    assert hidden(10.7, other=LOWER)
    labels[14, 20] = CLEAR  # one pixel through which it would be seen
    assert not hidden(14.5)
    assert hidden(16.5)


def test_what_lies_above_and_lets_through_hides_nothing() -> None:
    labels = np.full((40, 40), CLEAR, np.int32)
    assert not is_hidden(line((5, 20), (35, 20)), np.zeros(1), 1.2, labels, RANKS, OPAQUE, LOWER, -1)


def test_ends_need_not_be_hidden_and_of_what_is_shorter_nothing_is_known() -> None:
    labels = np.full((40, 40), UPPER, np.int32)
    labels[:, :6] = LOWER
    one = np.zeros(1)
    assert is_hidden(line((5, 20), (35, 20)), one, 1.2, labels, RANKS, OPAQUE, LOWER, -1)
    assert not is_hidden(line((4, 20), (35, 20)), one, 1.2, labels, RANKS, OPAQUE, LOWER, -1)
    assert not is_hidden(line((20, 20), (22, 20)), one, 1.2, labels, RANKS, OPAQUE, LOWER, -1)


def test_what_lies_lower_within_an_outline_is_seen_wherever_it_is() -> None:
    labels = np.full((40, 40), UPPER, np.int32)
    labels[30:] = LOWER
    outline = points_along(line((5, 30), (5, 5), (35, 5), (35, 30)))  # and straight back

    def covered() -> bool:
        return is_covered(outline, 1.2, labels, RANKS, OPAQUE, LOWER)

    assert covered()
    for y, x in ((17, 20), (5, 5), (28, 34)):
        labels[y, x] = CLEAR
        assert not covered()
        labels[y, x] = UPPER
    for y, x in ((4, 20), (17, 4), (17, 35), (29, 5), (29, 34)):  # outside, or just where the outline begins and ends
        labels[y, x] = CLEAR
        assert covered()


def test_outlines_may_leave_the_picture() -> None:
    labels = np.full((40, 40), UPPER, np.int32)
    outline = points_along(line((-9, 50), (-9, -9), (50, -9), (50, 50)))
    assert is_covered(outline, 1.2, labels, RANKS, OPAQUE, LOWER)
    labels[39, 0] = CLEAR
    assert not is_covered(outline, 1.2, labels, RANKS, OPAQUE, LOWER)


def test_an_edge_is_trimmed_at_both_ends() -> None:
    segments = line((0, 0), (0.4, 0), (10, 0), (10, 20))
    trimmed = np.empty_like(segments)
    first, last = trim(segments, 1.0, trimmed)
    assert (first, last) == (1, 2)
    assert trimmed[1, 0] == pytest.approx((1, 0))
    assert trimmed[1, 3] == pytest.approx((10, 0))
    assert trimmed[2, 3] == pytest.approx((10, 19))


def test_of_a_short_edge_a_third_is_left_and_of_one_without_length_something() -> None:
    trimmed = np.empty((1, 4, 2))
    assert trim(line((0, 0), (1.5, 0)), 1.0, trimmed) == (0, 0)
    assert trimmed[0, [0, 3]] == pytest.approx(np.array([(0.5, 0), (1, 0)]))
    assert trim(line((3, 3), (3, 3)), 1.0, trimmed) == (0, 0)
    assert trimmed == pytest.approx(3)


def test_an_edge_moved_aside_keeps_its_distance() -> None:
    moved = np.empty_like(ARC)
    move_aside(ARC, False, 0.8, moved)
    middle = np.hypot(*(np.array(point(moved[0], 0.5)) - (20, 20)))
    assert abs(abs(middle - 20) - 0.8) < 0.05
    straight = line((0, 0), (10, 0), (10, 10))
    moved = np.empty_like(straight)
    move_aside(straight, False, 1.0, moved)
    assert moved[0, 0] == pytest.approx((0, 1))
    assert moved[1, 3] == pytest.approx((9, 10))
    assert moved[0, 3] == pytest.approx(moved[1, 0])


def test_a_ring_moved_aside_stays_closed() -> None:
    ring = line((0, 0), (10, 0), (10, 10), (0, 10), (0, 0))
    moved = np.empty_like(ring)
    move_aside(ring, True, 1.0, moved)
    assert moved[0, 0] == pytest.approx(moved[-1, 3])
    # Along the bisector of a corner, as far as along its sides: what lies aside is never farther away than asked for.
    assert moved[0, 0] == pytest.approx((0.5**0.5, 0.5**0.5))
