"""What a map of curves looks like is exact, and so is how that changes when its control points move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svgai.engine.kernels.areas import normal_equations, paint, squared_error, squared_errors, trace
from tests.svgai.engine.flat import averaged

HEIGHT, WIDTH = 7, 9
coordinates = st.floats(-3, 12).map(lambda value: round(value, 2))
polygons = st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=6)


@dataclass(frozen=True, eq=False)
class Painted:
    """What `trace` and `paint` wrote."""

    tint: np.ndarray
    colours: np.ndarray
    newest: np.ndarray
    pixel: np.ndarray
    owner: np.ndarray
    weights: np.ndarray
    older: np.ndarray
    count: int

    @property
    def canvas(self) -> np.ndarray:
        return self.colours[self.tint]

    @property
    def traces(self) -> tuple:
        return self.count, self.pixel, self.owner, self.weights, self.newest, self.older

    def slopes(self, pieces: int) -> np.ndarray:
        """Pixels x pieces x 8: how much of the pixel a piece's left side wins as each coordinate grows."""
        slopes = np.zeros((self.tint.size, pieces, 8))
        np.add.at(slopes, (self.pixel[: self.count], self.owner[: self.count]), self.weights[: self.count])
        return slopes


def painted(pieces, steps=None, ground=(0, 0, 0, 0), size=(HEIGHT, WIDTH), room=5000) -> Painted:
    pieces = np.ascontiguousarray(pieces, np.float64)
    steps = np.ones((len(pieces), 4)) if steps is None else np.asarray(steps, np.float64)
    tint, left = np.full(size, -1, np.int32), np.tile(np.array(ground, np.float64), (size[0], 1))
    pixel, owner, older = (np.full(room, -1, np.int32) for _ in range(3))
    weights, areas = np.zeros((room, 8)), np.zeros((room, 2))
    colours, newest = np.zeros((2 * room, 4)), np.full(2 * room, -1, np.int32)
    count = trace(pieces, tint, left, steps, pixel, owner, weights, areas, older)
    if count >= 0:
        paint(tint, left, steps, owner, areas, older, colours, newest)
    return Painted(tint, colours, newest, pixel, owner, weights, older, count)


def closed(corners) -> np.ndarray:
    """The sides of a polygon as pieces."""
    first = np.array(corners, np.float64)
    step = np.roll(first, -1, axis=0) - first
    return np.stack([first, first + step / 3, first + step * 2 / 3, first + step], axis=1)


def clipped(corners: list, axis: int, bound: float, sign: int) -> list:
    """What of a polygon lies on one side of a line (Sutherland and Hodgman)."""
    kept = []
    for one, other in zip(corners, [*corners[1:], *corners[:1]], strict=True):
        inside = [sign * (corner[axis] - bound) >= 0 for corner in (one, other)]
        if inside[0]:
            kept.append(one)
        if inside[0] != inside[1]:
            t = (bound - one[axis]) / (other[axis] - one[axis])
            kept.append(tuple(a + t * (b - a) for a, b in zip(one, other, strict=True)))
    return kept


def area_in(corners: list, x: int, y: int) -> float:
    """The area of a polygon in a pixel, negative where it runs clockwise as one sees it."""
    for axis, bound, sign in ((0, x, 1), (0, x + 1, -1), (1, y, 1), (1, y + 1, -1)):
        corners = clipped(corners, axis, bound, sign)
    following = [*corners[1:], *corners[:1]]
    return -sum(a[0] * b[1] - a[1] * b[0] for a, b in zip(corners, following, strict=True)) / 2


@given(polygons)
@settings(max_examples=150, deadline=None)
def test_the_areas_of_a_polygon_are_exact_wherever_it_lies(corners: list) -> None:
    canvas = painted(closed(corners)).canvas
    expected = [[area_in(corners, x, y) for x in range(WIDTH)] for y in range(HEIGHT)]
    assert np.abs(canvas[..., 0] - expected).max() < 1e-5


hairs = st.tuples(st.integers(0, 7), st.integers(-60, 60)).map(lambda at: at[0] + 0.1e-12 * at[1])


@given(hairs, hairs, hairs, hairs)
@settings(max_examples=300, deadline=None)
def test_areas_are_exact_where_corners_are_a_hair_off_the_border_of_a_pixel(
    left: float, top: float, right: float, bottom: float
) -> None:
    corners = [(left, top), (left, bottom), (right, bottom), (right, top)]
    canvas = painted(closed(corners)).canvas
    expected = [[area_in(corners, x, y) for x in range(WIDTH)] for y in range(HEIGHT)]
    assert np.abs(canvas[..., 0] - expected).max() < 1e-5


@pytest.mark.parametrize("way", [1, -1])
def test_left_of_a_piece_lies_its_colour_and_elsewhere_the_ground(way: int) -> None:
    square = [(2, 1), (2, 4), (5, 4), (5, 1)][::way]  # counter-clockwise as one sees it: the inside lies to the left
    painting = painted(closed(square), np.tile((200.0, 30.0, 60.0, 0.0), (4, 1)), ground=(10, 20, 30, 255))
    inside = np.array([10, 20, 30, 255]) + way * np.array([200, 30, 60, 0])
    assert painting.canvas[2, 3] == pytest.approx(inside)
    assert painting.canvas[0, 0] == pytest.approx([10, 20, 30, 255])
    assert painting.canvas[5, 8] == pytest.approx([10, 20, 30, 255])


def test_the_areas_of_curves_are_those_that_a_renderer_finds() -> None:
    text = "M6.3 30.2C2 -6 44 -4 50 22C54 40 30 30 34 48C38 70 10 60 6.3 30.2z"
    numbers = [float(each) for each in text[1:-1].replace("C", " ").split()]
    points = np.array(numbers).reshape(-1, 2)
    pieces = np.stack([points[0:4], points[3:7], points[6:10]])
    canvas = painted(pieces, size=(64, 64)).canvas[..., 0]
    seen = averaged(f'<path d="{text}"/>')[..., 3] / 255
    assert np.abs(np.abs(canvas) - seen).max() < 0.05  # where it bends most: chords stand for the curve
    assert np.abs(np.abs(canvas) - seen).mean() < 0.0005


def test_weights_are_how_areas_change_when_a_polygon_moves() -> None:
    corners = np.array([(1.3, 0.7), (2.2, 5.9), (7.8, 4.1), (5.4, 1.6)])
    slopes = painted(closed(corners)).slopes(4)
    for node in range(4):
        for axis in range(2):
            change = areas_changed(corners, node, axis)
            # A corner moves the ends of two sides, and a third of that the points between.
            mine, last = slopes[:, node, axis::2], slopes[:, node - 1, axis::2]
            expected = mine @ [1, 2 / 3, 1 / 3, 0] + last @ [0, 1 / 3, 2 / 3, 1]
            assert np.abs(change - expected).max() < 2e-3


def areas_changed(corners: np.ndarray, node: int, axis: int, by: float = 1e-3) -> np.ndarray:
    there = []
    for sign in (1, -1):
        moved = corners.copy()
        moved[node, axis] += sign * by
        there.append(painted(closed(moved)).canvas[..., 0].astype(float).ravel())
    return (there[0] - there[1]) / (2 * by)


@pytest.mark.parametrize("seed", range(6))
def test_weights_are_how_areas_change_when_handles_of_a_curve_move(seed: int) -> None:
    random = np.random.default_rng(seed)
    ends = random.uniform((0.5, 0.5), (8.5, 6.5), (2, 2))
    pieces = closed(ends)  # there and straight back
    pieces[0, 1:3] += random.uniform(-1, 1, (2, 2))
    slopes = painted(pieces).slopes(2)
    for handle in (1, 2):
        for axis in range(2):
            there = []
            for sign in (1, -1):
                moved = pieces.copy()
                moved[0, handle, axis] += sign * 0.01
                there.append(painted(moved).canvas[..., 0].astype(float).ravel())
            change = (there[0] - there[1]) / 0.02
            # Chords stand for the curve, so a short one's slopes are near, not exact.
            off = np.linalg.norm(change - slopes[:, 0, 2 * handle + axis])
            assert off < 0.2 * np.linalg.norm(change) + 0.01


def test_what_lies_beyond_the_picture_is_no_matter() -> None:
    canvas = painted(closed([(-500, -500), (-500, 900), (900, 900), (900, -500)])).canvas[..., 0]
    assert canvas == pytest.approx(np.ones((HEIGHT, WIDTH)))


def test_lost_pieces_and_too_little_room_are_owned_up_to() -> None:
    assert painted(closed([(1, 1), (2, np.nan), (3, 3)])).count == -1
    assert painted(closed([(1, 1), (2, 1e9), (3, 3)])).count == -1
    assert painted(closed([(1, 1), (2, 5), (8, 3)]), room=4).count == -1


def random_pieces(seed: int, number: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    pieces = random.uniform((-1, -1), (WIDTH + 1, HEIGHT + 1), (number, 4, 2))
    return pieces, random.uniform(-255, 255, (number, 4)), random.uniform(0, 255, (HEIGHT, WIDTH, 4)).astype(np.float32)


def equations(painting: Painted, picture: np.ndarray, steps: np.ndarray, neighbours: int = 16) -> tuple:
    size = len(steps)
    own, slope, others = np.zeros((size, 8, 8)), np.zeros((size, 8)), np.zeros(size, np.int32)
    other, shared = np.zeros((size, neighbours), np.int32), np.zeros((size, neighbours, 8, 8))
    count, *traces = painting.traces
    normal_equations(
        painting.tint, painting.colours, picture, steps, count, *traces, 0.6, own, slope, other, shared, others
    )
    return own, slope, other, shared, others


@pytest.mark.parametrize("seed", range(4))
def test_the_equations_are_those_that_whole_matrices_give(seed: int) -> None:
    pieces, steps, picture = random_pieces(seed)
    painting = painted(pieces, steps)
    own, slope, other, shared, others = equations(painting, picture, steps)
    whole, pulls = slow_equations(painting, picture, steps)
    assert np.allclose(slope, pulls, atol=1e-6)
    found = np.zeros_like(whole)
    for one in range(len(steps)):
        found[one, one] = own[one]
        assert np.allclose(own[one], own[one].T)
        for slot in range(others[one]):
            two = other[one, slot]
            assert two > one
            found[one, two], found[two, one] = shared[one, slot], shared[one, slot].T
    assert np.allclose(found, whole, atol=1e-6)
    flat = whole.transpose(0, 2, 1, 3).reshape(8 * len(steps), -1)
    assert np.linalg.eigvalsh(flat).min() > -1e-6


def slow_equations(painting: Painted, picture: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    size = len(steps)
    whole, pulls = np.zeros((size, size, 8, 8)), np.zeros((size, 8))
    slopes = painting.slopes(size)
    errors = (painting.canvas - picture).reshape(-1, 4)
    for pixel in range(HEIGHT * WIDTH):
        here = np.flatnonzero(painting.owner[: painting.count][painting.pixel[: painting.count] == pixel] >= 0)
        owners = np.unique(painting.owner[: painting.count][painting.pixel[: painting.count] == pixel])
        if not len(here):
            continue
        scale = max(1.0, (steps[owners] ** 2).sum(axis=1).max())
        for one in owners:
            pulls[one] += np.clip(errors[pixel] @ steps[one] / scale, -0.6, 0.6) * slopes[pixel, one]
            for two in owners:
                product = steps[one] @ steps[two] / scale
                whole[one, two] += product * np.outer(slopes[pixel, one], slopes[pixel, two])
    return whole, pulls


def test_where_too_many_pieces_meet_some_are_left_out_and_nothing_breaks() -> None:
    pieces = closed([(4.4, 3.1), (4.6, 3.9)]).repeat(15, axis=0)
    steps = np.full((30, 4), 9.0)
    _, _, other, _, others = equations(painted(pieces, steps), np.zeros((HEIGHT, WIDTH, 4), np.float32), steps, 4)
    assert others.max() == 4
    assert other.max() < 30


def test_only_pixels_with_traces_have_a_colour_of_their_own() -> None:
    painting = painted(closed([(2.5, 1.5), (2.5, 4.5), (6.5, 4.5), (6.5, 1.5)]))
    numbers, seen = np.unique(painting.tint, return_counts=True)
    assert numbers.tolist() == list(range(len(numbers)))
    traced = np.unique(painting.pixel[: painting.count])
    assert sorted(painting.tint.ravel()[traced].tolist()) == np.flatnonzero(painting.newest >= 0).tolist()
    assert (seen[painting.newest[numbers] >= 0] == 1).all()
    assert painting.canvas[3, 4].tolist() == [1, 1, 1, 1]


def test_the_error_of_a_group_is_that_of_its_pixels_in_any_painting() -> None:
    pieces, steps, picture = random_pieces(9, 3)
    before, after = painted(pieces, steps), painted(pieces + 0.3, steps)
    group = np.array([0, 1, 1], np.int32)
    for painting in (before, after):
        errors = np.zeros(2)
        squared_errors(
            painting.tint, painting.colours, picture, before.count, before.pixel, before.owner, group, errors
        )
        squares = ((painting.canvas - picture) ** 2).sum(-1)
        expected = [0.0, 0.0]
        for pixel, owner in zip(before.pixel[: before.count], before.owner[: before.count], strict=True):
            expected[group[owner]] += squares.ravel()[pixel]
        assert errors == pytest.approx(expected)
        assert squared_error(painting.tint, painting.colours, picture) == pytest.approx(squares.sum())
