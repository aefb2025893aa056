"""The map holds every pixel in one region, and every crack between two regions in one boundary."""

from __future__ import annotations

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svgai.cover import Cover
from svgai.engine.coverage import unmix
from svgai.engine.inks import find_inks
from svgai.engine.mapping import _labelled, find_boundaries, find_regions
from svgai.regions import OUTSIDE, Boundary, Regions
from tests.svgai.engine.test_inks import BLUE, RED, WHITE, drawn

maps = arrays.arrays(np.int16, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.integers(0, 3))


def regions_of(inks: np.ndarray) -> Regions:
    labels = _labelled(inks)
    owners = np.zeros(labels.max() + 1, np.int16)
    owners[labels] = inks
    return Regions(labels, owners)


def steps(boundary: Boundary) -> list[tuple[int, int, int, int]]:
    return [(*one, *two) for one, two in zip(boundary.points.tolist(), boundary.points[1:].tolist(), strict=False)]


def sides(labels: np.ndarray, x: int, y: int, u: int, v: int) -> tuple[int, int]:
    """The labels to the left and right of a step, found the slow way: half a pixel to each side of its middle."""
    middle_x, middle_y, step_x, step_y = (x + u) / 2, (y + v) / 2, u - x, v - y
    there = ((middle_x + step_y / 2, middle_y - step_x / 2), (middle_x - step_y / 2, middle_y + step_x / 2))
    left, right = (
        int(labels[int(b), int(a)]) if 0 <= a < labels.shape[1] and 0 <= b < labels.shape[0] else OUTSIDE
        for a, b in ((np.floor(a), np.floor(b)) for a, b in there)
    )
    return left, right


@given(maps)
@settings(max_examples=300, deadline=None)
def test_each_crack_is_walked_once_with_the_right_regions_beside_it(inks: np.ndarray) -> None:
    regions = regions_of(inks)
    padded = np.pad(regions.labels, 1, constant_values=OUTSIDE)
    cracks = (padded[1:] != padded[:-1]).sum() + (padded[:, 1:] != padded[:, :-1]).sum()
    walked = [(boundary, step) for boundary in find_boundaries(regions) for step in steps(boundary)]
    assert len(walked) == cracks
    assert len({frozenset([step[:2], step[2:]]) for _, step in walked}) == cracks
    for boundary, step in walked:
        assert sides(regions.labels, *step) == (boundary.left, boundary.right)


@given(maps)
@settings(max_examples=300, deadline=None)
def test_the_boundaries_of_a_region_enclose_as_many_pixels_as_it_has(inks: np.ndarray) -> None:
    regions = regions_of(inks)
    areas = np.zeros(len(regions))
    for boundary in find_boundaries(regions):
        x, y = boundary.points[:, 0].astype(float), boundary.points[:, 1].astype(float)
        twice = float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum())
        for region, sign in ((boundary.right, 1), (boundary.left, -1)):
            if region != OUTSIDE:
                areas[region] += sign * twice / 2
    assert areas.tolist() == np.bincount(regions.labels.ravel()).tolist()


@given(maps)
@settings(max_examples=200, deadline=None)
def test_boundaries_end_at_junctions_or_are_rings(inks: np.ndarray) -> None:
    boundaries = find_boundaries(regions_of(inks))
    ends: dict[tuple[int, int], int] = {}
    for boundary in boundaries:
        if not boundary.is_ring:
            for end in (boundary.points[0], boundary.points[-1]):
                ends[tuple(end.tolist())] = ends.get(tuple(end.tolist()), 0) + 1
    rings = [boundary for boundary in boundaries if boundary.is_ring]
    for place, count in ends.items():
        through = sum(2 for ring in rings if tuple(ring.points[0].tolist()) == place)
        assert count + through >= 3


def test_a_disc_on_nothing_is_a_ring_and_the_frame() -> None:
    picture = drawn([("ellipse", (20, 20, 70, 70), RED)])
    regions = find_regions(unmix(picture, find_inks(picture, 8)))
    boundaries = find_boundaries(regions)
    assert len(regions) == 2
    assert [boundary.is_ring for boundary in boundaries] == [True, True]
    assert {frozenset((boundary.left, boundary.right)) for boundary in boundaries} == {
        frozenset((0, 1)),
        frozenset((0, OUTSIDE)),
    }


def test_two_that_touch_share_one_boundary() -> None:
    shapes = [("rectangle", (20, 20, 50, 70), RED), ("rectangle", (50, 20, 80, 70), BLUE)]
    picture = drawn(shapes, WHITE)
    regions = find_regions(unmix(picture, find_inks(picture, 8)))
    between = [b for b in find_boundaries(regions) if {b.left, b.right} == {1, 2}]
    assert len(regions) == 3
    assert len(between) == 1
    assert not between[0].is_ring


@pytest.mark.parametrize("angle", [0.1, 0.35, 0.7])
def test_an_edge_leaves_no_slivers(angle: float) -> None:
    far = 96 * angle
    shapes = [
        ("polygon", (0, 0, 96, 0, 96, 10 + far, 0, 10), RED),
        ("polygon", (0, 10, 96, 10 + far, 96, 30 + far, 0, 30), BLUE),
    ]
    picture = drawn(shapes, WHITE)
    assert len(find_regions(unmix(picture, find_inks(picture, 8)))) == 3


def test_a_line_one_pixel_wide_stays_whole() -> None:
    picture = drawn([("rectangle", (10, 40, 86, 40.875), RED)], WHITE)
    regions = find_regions(unmix(picture, find_inks(picture, 8)))
    assert len(regions) == 2


def test_slivers_go_to_their_surroundings_and_pure_dots_stay() -> None:
    first = np.zeros((6, 6), np.int16)
    first[2, 2], first[4, 4] = 1, 1
    second = first.copy()
    second[2, 2] = 0
    share = np.ones((6, 6), np.float32)
    share[2, 2] = 0.6
    regions = find_regions(Cover(first, second, share, np.zeros((6, 6), np.float32), np.zeros((6, 6), np.bool_)))
    assert regions.inks[regions.labels[2, 2]] == 0
    assert regions.inks[regions.labels[4, 4]] == 1
