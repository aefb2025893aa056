"""What pixels tell of inks, each kernel beside its slow twin."""

from __future__ import annotations

import itertools

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from svgai.engine.coverage import REACH, STRANGE
from svgai.engine.kernels.pixels import (
    RINGING,
    doubt_pure,
    fill,
    find_modes,
    in_block,
    is_at_border,
    keep_thin,
    mark_among,
    mark_explained,
    mark_mixed,
    mark_slivers,
    nearest_mix,
    seam_mix,
)
from svgai.engine.mapping import THIN

INKS = np.array([(255, 255, 255, 255), (0, 0, 0, 255), (128, 128, 128, 255), (200, 30, 60, 255)], np.float32)
WHITE, BLACK, GREY = 0, 1, 2
maps = arrays.arrays(np.int16, st.tuples(st.integers(1, 8), st.integers(1, 8)), elements=st.integers(-1, 3))


@given(maps, st.data())
@settings(max_examples=100, deadline=None)
def test_a_pixel_is_in_a_block_if_four_in_a_square_agree(pure: np.ndarray, data: st.DataObject) -> None:
    height, width = pure.shape
    y, x = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    squares = [
        pure[top : top + 2, left : left + 2]
        for top, left in itertools.product((y - 1, y), (x - 1, x))
        if top >= 0 and left >= 0
    ]
    assert in_block(pure, y, x) == any(square.shape == (2, 2) and len(set(square.flat)) == 1 for square in squares)


@pytest.mark.parametrize(("y", "x", "near"), [(0, 5, True), (1, 5, True), (2, 5, False), (7, 5, False), (8, 5, True)])
def test_the_border_is_near_within_reach(y: int, x: int, near: bool) -> None:
    assert is_at_border(y, x, 10, 11, 2) == near
    assert is_at_border(x, y, 11, 10, 2) == near


def doubted(pure: np.ndarray, beyond: int = WHITE) -> np.ndarray:
    sure = np.full_like(pure, -9)
    doubt_pure(pure, INKS, beyond, REACH, STRANGE, sure)
    return sure


def test_a_grey_pixel_between_black_and_white_only_looks_pure() -> None:
    pure = np.full((9, 9), WHITE, np.int16)
    pure[:, 5:] = BLACK
    pure[3, 4] = GREY
    sure = doubted(pure)
    assert sure[3, 4] == -1
    assert (sure == pure).sum() == 80


def test_a_grey_square_is_grey() -> None:
    pure = np.full((9, 9), WHITE, np.int16)
    pure[:, 6:] = BLACK
    pure[3:5, 4:6] = GREY
    assert np.array_equal(doubted(pure), pure)


def test_a_grey_pixel_with_no_black_near_is_grey() -> None:
    pure = np.full((9, 9), WHITE, np.int16)
    pure[4, 4] = GREY
    assert np.array_equal(doubted(pure), pure)


def test_what_lies_past_the_border_counts_as_near() -> None:
    pure = np.full((9, 9), BLACK, np.int16)
    pure[0, 4], pure[4, 6] = GREY, GREY
    assert doubted(pure, beyond=WHITE)[0, 4] == -1
    assert doubted(pure, beyond=WHITE)[4, 6] == GREY
    assert np.array_equal(doubted(pure, beyond=BLACK), pure)


@given(maps, st.integers(0, 3))
@settings(max_examples=100, deadline=None)
def test_only_pixels_outside_blocks_are_ever_doubted(pure: np.ndarray, beyond: int) -> None:
    sure = doubted(pure, beyond)
    for y, x in np.argwhere(sure != pure):
        assert sure[y, x] == -1
        assert pure[y, x] == GREY  # the only one of these inks that is a mix of others
        assert not in_block(pure, y, x)


def test_the_share_of_a_seam_is_found_again() -> None:
    upper, lower, under = INKS[3], INKS[1], INKS[0]
    for share in (0.1, 0.35, 0.5, 0.8):
        pixel = share * upper + (1 - share) * ((1 - share) * lower + share * under)
        found, left = seam_mix(pixel.astype(np.float32), upper, lower, under)
        assert found == pytest.approx(share, abs=0.01)
        assert left < 4
    assert seam_mix(INKS[2] + np.float32(40), upper, lower, lower)[1] > 1000


def test_a_mix_is_nearest_where_it_is_perpendicular() -> None:
    share, distance = nearest_mix(np.array((128, 255, 128, 255), np.float32), INKS[WHITE], INKS[BLACK])
    assert share == pytest.approx(511 / 765, abs=1e-3)
    shares = np.linspace(0, 1, 4001)[:, None]
    mixes = shares * INKS[WHITE] + (1 - shares) * INKS[BLACK]
    assert distance == pytest.approx(((mixes - (128, 255, 128, 255)) ** 2).sum(axis=1).min(), rel=1e-3)
    assert nearest_mix(INKS[GREY], INKS[3], INKS[3])[1] > 0  # the same ink twice


def stroke(shares: list[list[float]], ink: int = BLACK, misfit: float = 0.0) -> np.ndarray:
    """What is kept of a map in which an ink covers so much of each pixel, all else being white."""
    amount = np.array(shares, np.float32)
    first = np.where(amount > 0.5, ink, WHITE).astype(np.int16)
    second = np.where(amount > 0, np.where(amount > 0.5, WHITE, ink), WHITE).astype(np.int16)
    share = np.maximum(amount, 1 - amount)
    kept, thin = np.full_like(first, -9), np.zeros(first.shape, np.bool_)
    keep_thin(first, second, share, np.full(first.shape, misfit, np.float32), 10.0, np.array(THIN), kept, thin)
    assert thin[kept != first].all()
    return kept


@pytest.mark.parametrize(
    ("across", "kept"),
    [
        ([0, 0, 0.4, 0, 0], [0, 0, 1, 0, 0]),
        ([0, 0.2, 0.3, 0, 0], [0, 0, 1, 0, 0]),
        ([0, 0.25, 0.25, 0, 0], [0, 1, 0, 0, 0]),
        ([0, 0, 0.2, 0, 0], [0, 0, 0, 0, 0]),
        ([0, 0, 0.4, 1, 1], [0, 0, 0, 1, 1]),
        ([0, 0.3, 0.7, 0, 0], [0, 0, 1, 0, 0]),
        ([0.4, 0, 0, 0, 0.4], [1, 0, 0, 0, 1]),
    ],
    ids=["thin", "on two pixels", "half on each", "too thin", "an edge", "seen anyhow", "at the border"],
)
def test_a_stroke_that_covers_nothing_by_half_is_kept_where_it_covers_most(across: list, kept: list) -> None:
    assert stroke([across] * 6).tolist() == [kept] * 6
    assert stroke(np.transpose([across] * 6).tolist()).T.tolist() == [kept] * 6


def test_a_blur_of_many_pixels_is_no_stroke() -> None:
    assert (stroke([[0.1, 0.2, 0.3, 0.3, 0.2, 0.1]] * 6) == WHITE).all()


def test_pixels_that_are_far_from_their_mix_tell_nothing_of_strokes() -> None:
    assert (stroke([[0, 0, 0.4, 0, 0]] * 6, misfit=11.0) == WHITE).all()


def test_a_slanted_stroke_is_kept_from_end_to_end() -> None:
    shares = np.zeros((12, 12))
    for x in range(12):
        y = 2.3 + 0.6 * x
        shares[int(y), x], shares[int(y) + 1, x] = 0.42 * (1 - y % 1), 0.42 * (y % 1)
    kept = stroke(shares.tolist())
    assert (kept == BLACK).any(axis=0).all()


@pytest.mark.parametrize("seed", range(4))
def test_colours_near_a_mix_are_marked_and_counted(seed: int) -> None:
    random = np.random.default_rng(seed)
    colours = random.uniform(0, 255, (60, 4)).astype(np.float32)
    other = random.uniform(0, 255, 4).astype(np.float32)
    shares = np.linspace(-RINGING, 1 + RINGING, 2501)[:, None, None]
    mixes = (shares * INKS + (1 - shares) * other).reshape(-1, 4)
    apart = np.linalg.norm(colours[:, None] - mixes, axis=2).min(axis=1)
    near = float(np.median(apart))
    mixed = np.zeros(60, np.bool_)
    assert mark_mixed(colours, INKS, other, near, mixed) == mixed.sum()
    clear = np.abs(apart - near) > 0.1
    assert np.array_equal(mixed[clear], (apart < near)[clear])


def test_what_is_marked_already_stays_so_and_counts() -> None:
    mixed = np.array([True, False])
    colours = np.array([(0, 255, 0, 255), (0, 0, 255, 255)], np.float32)
    assert mark_mixed(colours, INKS, INKS[0], 1.0, mixed) == 1
    assert mixed.tolist() == [True, False]


def among(colours: np.ndarray, *three: np.ndarray) -> np.ndarray:
    one, two, other = (each.astype(np.float64) for each in three)
    sides = np.stack([two - one, other - one], axis=1)
    shares = (colours - one) @ np.linalg.pinv(sides).T
    inside = (shares >= -0.03).all(axis=1) & (shares.sum(axis=1) <= 1.03)
    return inside & (np.linalg.norm(colours - one - shares @ sides.T, axis=1) <= 6)


@pytest.mark.parametrize("seed", range(4))
def test_colours_near_a_triangle_of_inks_are_marked(seed: int) -> None:
    random = np.random.default_rng(seed)
    three = random.uniform(0, 255, (3, 4)).astype(np.float32)
    mixes = random.dirichlet((0.5, 0.5, 0.5), 200) @ three
    colours = (mixes + random.normal(0, 4, mixes.shape)).astype(np.float32)
    explained = np.zeros(200, np.bool_)
    mark_among(colours, *three, 6.0, 0.03, explained)
    assert np.array_equal(explained, among(colours, *three))
    assert 20 < explained.sum() < 180


def test_three_inks_in_a_line_have_no_triangle() -> None:
    explained = np.zeros(1, np.bool_)
    mark_among(INKS[2:3], INKS[0], INKS[1], (INKS[0] + INKS[1]) / 2, 6.0, 0.03, explained)
    assert not explained.any()


@pytest.mark.parametrize("seed", range(4))
def test_mixes_of_two_inks_are_explained_and_of_three_of_the_first(seed: int) -> None:
    random = np.random.default_rng(seed)
    inks = random.uniform(0, 255, (5, 4)).astype(np.float32)
    colours = np.concatenate([random.dirichlet(np.full(5, 0.3), 100) @ inks, random.uniform(0, 255, (100, 4))]).astype(
        np.float32
    )
    expected = np.zeros(200, np.bool_)
    for index in range(5):
        mark_mixed(colours, inks[: index + 1], inks[index], 6.0, expected)
    for three in itertools.combinations(inks[:4], 3):
        expected |= among(colours, *three)
    explained = np.zeros(200, np.bool_)
    mark_explained(colours, inks, 4, 6.0, 0.03, explained)
    assert np.array_equal(explained, expected)
    assert 0 < explained.sum() < 200


@pytest.mark.parametrize("at_most", [1, 3, 40])
def test_modes_are_colours_apart_from_those_before_them(at_most: int) -> None:
    colours = np.random.default_rng(at_most).uniform(0, 60, (300, 4)).astype(np.float32)
    left, expected = colours, []
    while len(left) and len(expected) < at_most:
        expected.append(left[0])
        left = left[np.linalg.norm(left - left[0], axis=1) >= 8]
    places = np.empty(at_most, np.int32)
    count = find_modes(colours, 8.0, places)
    assert np.array_equal(colours[places[:count]], np.array(expected))


@pytest.mark.parametrize("seed", range(8))
def test_slivers_are_places_of_one_ink_that_cover_little_and_hold_no_pure_pixel(seed: int) -> None:
    random = np.random.default_rng(seed)
    inks = random.choice(4, (12, 15), p=(0.7, 0.1, 0.1, 0.1)).astype(np.int16)
    second = np.where(random.random(inks.shape) < 0.3, inks, 9).astype(np.int16)
    share = np.where(inks == second, 1.0, random.uniform(0.5, 1.0, inks.shape)).astype(np.float32)
    slivers, expected = np.empty(inks.shape, np.bool_), np.zeros(inks.shape, np.bool_)
    for ink in range(4):
        places, count = ndimage.label(inks == ink, np.ones((3, 3)))
        for number in range(1, count + 1):
            place = places == number
            expected[place] = share[place].sum() < 1.5 and not (inks == second)[place].any()
    assert mark_slivers(inks, inks, second, share, 1.5, slivers) == expected.sum()
    assert np.array_equal(slivers, expected)


@pytest.mark.parametrize("seed", range(4))
def test_a_hole_is_filled_with_what_most_of_its_neighbours_are(seed: int) -> None:
    random = np.random.default_rng(seed)
    inks, holes = random.integers(0, 3, (9, 11)).astype(np.int16), random.random((9, 11)) < 0.4
    holes[3:8, 3:8] = True
    filled, expected = np.empty_like(inks), inks.copy()
    fill(inks, holes, filled)
    for y, x in np.argwhere(holes):
        around = slice(max(0, y - 1), y + 2), slice(max(0, x - 1), x + 2)
        votes = np.bincount(inks[around][~holes[around]], minlength=3)
        if votes.any():
            expected[y, x] = votes.argmax()
    assert np.array_equal(filled, expected)
