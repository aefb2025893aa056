"""Coverage read from a picture is the area that each ink covers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from svgai import Limits
from svgai.cover import Cover, Inks, premultiplied
from svgai.engine.coverage import PURE, REACH, STRANGE, unmix
from svgai.engine.kernels.pixels import explain, find_pure
from svgai.files.intake import from_array
from tests.svgai.engine.test_inks import BLUE, RED, WHITE, drawn

NOTHING = (0, 0, 0, 0)


def inks(*colours: tuple[int, int, int, int]) -> Inks:
    """The last one is the ground."""
    straight = np.array(colours, np.float32)
    mixing = np.concatenate([straight[:, :3] * straight[:, 3:] / 255, straight[:, 3:]], axis=1).astype(np.float32)
    return Inks(mixing, ground=len(colours) - 1)


def amount(cover: Cover, ink: int) -> np.ndarray:
    return np.where(cover.first == ink, cover.share, 0) + np.where(
        (cover.second == ink) & ~cover.is_pure, 1 - cover.share, 0
    )


@pytest.mark.parametrize("background", [WHITE, NOTHING], ids=["white", "nothing"])
def test_the_coverage_of_a_slanted_edge_is_its_area(background: tuple[int, int, int, int]) -> None:
    shape = (20.0, 10.0, 80.0, 30.0, 70.0, 90.0)
    cover = unmix(drawn([("polygon", shape, RED)], background), inks(RED, background))
    area = np.asarray(drawn([("polygon", shape, (0, 0, 0, 255))]).rgba[..., 3]) / 255
    assert np.abs(amount(cover, 0) - area).max() < 0.02
    assert cover.misfit.max() < 6  # at the tips, which are too thin to hold a pixel of their own


def test_an_ink_that_is_nowhere_pure_nearby_is_found_all_the_same() -> None:
    picture = drawn([("rectangle", (10, 20.25, 86, 21.25 - 1 / 8), RED)], WHITE)
    cover = unmix(picture, inks(WHITE, RED))
    assert amount(cover, 1)[20:22, 20:70].sum(axis=0) == pytest.approx(np.ones(50), abs=0.01)
    assert cover.misfit.max() < 8


def test_the_sum_of_coverage_is_where_an_edge_runs() -> None:
    cover = unmix(drawn([("rectangle", (0, 0, 37.25 - 1 / 8, 96), RED)], WHITE), inks(RED, WHITE))
    assert np.allclose(amount(cover, 0).sum(axis=1), 37.25, atol=0.01)


def test_what_is_no_mix_of_what_is_near_is_owned_up_to() -> None:
    picture = drawn([("ellipse", (40, 40, 43, 43), (0, 200, 0, 255))], WHITE)
    cover = unmix(picture, inks(RED, WHITE))
    assert cover.misfit[41, 41] > 50
    assert cover.misfit[10, 10] == 0


def test_first_covers_at_least_half() -> None:
    cover = unmix(
        drawn([("ellipse", (10, 10, 80, 80), RED), ("ellipse", (40, 40, 90, 90), BLUE)], WHITE), inks(RED, BLUE, WHITE)
    )
    assert cover.share.min() >= 0.5
    assert cover.share.max() <= 1


def test_the_picture_is_not_touched() -> None:
    picture = drawn([("ellipse", (10, 10, 80, 80), RED)], WHITE)
    before = picture.rgba.copy()
    unmix(picture, inks(RED, WHITE))
    assert np.array_equal(picture.rgba, before)


def test_the_kernel_does_what_its_slow_twin_does() -> None:
    picture = from_array(np.random.default_rng(3).integers(0, 256, (12, 14, 4), np.uint8), Limits())
    some = inks(RED, BLUE, WHITE, NOTHING)
    pixels = premultiplied(picture)
    pixels[::3, ::2] = some.colours[np.random.default_rng(4).integers(0, 4, (4, 7))]
    shape = pixels.shape[:2]
    pure = np.empty(shape, np.int16)
    find_pure(pixels, some.colours, PURE, pure)
    assert (pure == slow_pure(pixels, some.colours)).all()
    assert (pure >= 0).sum() >= 28
    made = (
        np.zeros(shape, np.int16),
        np.zeros(shape, np.int16),
        np.ones(shape, np.float32),
        np.zeros(shape, np.float32),
        np.zeros(shape, np.bool_),
    )
    explain(pixels, some.colours, pure, 3, REACH, STRANGE, *made)
    for y, x in np.ndindex(shape):
        first, second, share, misfit, seam = (values[y, x] for values in made)
        mix = share * some.colours[first] + (1 - share) * some.colours[second]
        if pure[y, x] >= 0:
            assert (first, second, misfit, seam) == (pure[y, x], pure[y, x], 0, False)
            continue
        if not seam:
            assert misfit == pytest.approx(np.linalg.norm(pixels[y, x] - mix), abs=0.01)
        assert misfit**2 <= slow_misfit(pixels[y, x], near(pure, y, x), some.colours) ** 2 + 1.01


def slow_pure(pixels: np.ndarray, colours: np.ndarray) -> np.ndarray:
    differences = np.abs(pixels[:, :, None] - colours).max(axis=-1)
    return np.where(differences.min(axis=-1) < PURE, differences.argmin(axis=-1), -1)


def near(pure: np.ndarray, y: int, x: int) -> set[int]:
    window = pure[max(0, y - REACH) : y + REACH + 1, max(0, x - REACH) : x + REACH + 1]
    return {int(ink) for ink in window.ravel() if ink >= 0}


def slow_misfit(pixel: np.ndarray, present: set[int], colours: np.ndarray) -> float:
    shares = np.linspace(0, 1, 2001)[:, None]
    mixes = [
        colours[a] * shares + colours[b] * (1 - shares) for a, b in itertools.combinations_with_replacement(present, 2)
    ]
    return float(min(np.linalg.norm(mix - pixel, axis=1).min() for mix in mixes))


def test_at_the_border_the_ink_past_it_explains_what_is_too_thin_to_be_seen_pure() -> None:
    picture = drawn([("rectangle", (0, 0.5, 96, 96), RED)])  # half a pixel of nothing along the top
    cover = unmix(picture, inks(RED, NOTHING))
    assert cover.misfit.max() < 3
    assert amount(cover, 0)[0] == pytest.approx(np.full(96, 0.5), abs=0.02)


def test_a_third_ink_that_shines_through_between_two_is_told_from_a_mix() -> None:
    red, blue, white = (np.array(colour, float) for colour in (RED, BLUE, WHITE))
    area = 0.4  # of the pixels between them the upper ink covers so much, the lower one the rest
    between = np.rint(area * red + (1 - area) * ((1 - area) * blue + area * white))
    pixels = np.tile(np.array(WHITE, np.uint8), (20, 20, 1))
    pixels[5:15, 5:10], pixels[5:15, 10], pixels[5:15, 11:16] = RED, between, BLUE
    cover = unmix(from_array(pixels, Limits()), inks(RED, BLUE, WHITE))
    assert cover.seam[6:14, 10].all()
    assert cover.seam.sum() <= 10
    assert amount(cover, 0)[6:14, 10] == pytest.approx(np.full(8, area), abs=0.03)
    assert cover.misfit[6:14, 10].max() < 3


@pytest.mark.parametrize("area", [0.25, 0.4, 0.8])
def test_an_ink_under_another_with_the_same_outline_is_told_from_a_mix(area: float) -> None:
    red, blue, white = (np.array(colour, float) for colour in (RED, BLUE, WHITE))
    edge = np.rint(area * red + (1 - area) * (area * blue + (1 - area) * white))
    pixels = np.tile(np.array(WHITE, np.uint8), (24, 30, 1))
    pixels[5:15, 5:10], pixels[5:15, 10] = RED, edge
    pixels[5:15, 20:26] = BLUE  # far from that edge
    cover = unmix(from_array(pixels, Limits()), inks(RED, BLUE, WHITE))
    assert cover.seam[5:15, 10].all()
    assert cover.seam.sum() == 10
    assert amount(cover, 0)[5:15, 10] == pytest.approx(np.full(10, area), abs=0.03)
    assert amount(cover, 2)[5:15, 10] == pytest.approx(np.full(10, 1 - area), abs=0.03)
