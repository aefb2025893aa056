"""Each damage does what its name says, and nothing else."""

import cv2
import numpy as np
import pytest

from svgai.training.alpha import premultiplied, straight
from svgai.training.damage import NONE, SPOILERS, pick_damage, spoil
from svgai.training.drawings import Dice

ALL = [f"{name}-{strength}" for name, (_, strengths) in SPOILERS.items() for strength in strengths]


@pytest.fixture
def picture():
    """A red disc on nothing, with a smooth edge, and a grey half."""
    rgba = np.zeros((64, 80, 4), np.uint8)
    rgba[:, 40:] = (90, 90, 90, 255)
    disc = cv2.circle(np.zeros((64, 80), np.uint8), (30, 32), 20, 255, -1, cv2.LINE_AA)
    rgba[disc > 0, :3] = (220, 30, 40)
    rgba[..., 3] = np.maximum(rgba[..., 3], disc)
    return rgba


def detail(rgba):
    """How much changes from pixel to pixel, on white."""
    seen = premultiplied(rgba)[..., :3] + 255 - rgba[..., 3:]
    return float(np.abs(np.diff(seen, axis=1)).max(axis=(1, 2)).mean())


def colours(rgba):
    return len(np.unique(rgba[rgba[..., 3] > 0][:, :3], axis=0))


@pytest.mark.parametrize("damage", ALL)
def test_a_damage_keeps_the_size_leaves_its_input_and_can_be_repeated(damage, picture):
    before = picture.copy()
    spoilt = spoil(picture, damage, Dice(1))

    assert spoilt.shape == picture.shape
    assert spoilt.dtype == np.uint8
    assert np.array_equal(picture, before)
    assert np.array_equal(spoilt, spoil(picture, damage, Dice(1)))
    assert not np.array_equal(spoilt, picture)


def test_no_damage_is_none(picture):
    assert spoil(picture, NONE, Dice(1)) is picture


def test_jpeg_knows_no_transparency_and_is_worse_at_low_quality(picture):
    white = straight(premultiplied(picture))
    white[..., :3] = (premultiplied(picture)[..., :3] + 255 - picture[..., 3:]).astype(np.uint8)
    fine, coarse = (spoil(picture, f"jpeg-{quality}", Dice(1)) for quality in (92, 20))
    fine_off, coarse_off = (np.abs(each[..., :3].astype(int) - white[..., :3]).mean() for each in (fine, coarse))

    assert (fine[..., 3] == 255).all()
    assert 0 < fine_off < 4
    assert coarse_off > 1.5 * fine_off


@pytest.mark.parametrize("levels", [4, 14])
def test_noise_has_the_strength_that_it_says(levels):
    grey = np.full((200, 200, 4), 128, np.uint8)
    spoilt = spoil(grey, f"noise-{levels}", Dice(1))

    assert spoilt[..., 0].astype(float).std() == pytest.approx(levels, rel=0.1)
    assert (spoilt[..., 3] == 128).all()


def test_blur_and_enlargement_take_detail_away(picture):
    assert detail(spoil(picture, "blur-20", Dice(1))) < 0.5 * detail(picture)
    assert detail(spoil(picture, "blur-20", Dice(1))) < detail(spoil(picture, "blur-6", Dice(1)))
    smooth = next(Dice(n) for n in range(50) if Dice(n).pick((0, 1, 2)) == 0)
    assert detail(spoil(picture, "enlarged-40", smooth)) < 0.6 * detail(picture)


def test_blur_does_not_let_unseen_colours_bleed(picture):
    picture[picture[..., 3] == 0, :3] = (0, 255, 0)
    blurred = spoil(picture, "blur-13", Dice(1))

    assert blurred[blurred[..., 3] > 8][:, 1].max() < 100


def test_sharpened_leaves_rims(picture):
    rim = spoil(picture, "sharpened-40", Dice(1))[32]

    assert rim[:, 0].max() > 225 or rim[42:, 0].min() < 88


def test_a_palette_has_so_many_colours_at_most(picture):
    noisy = spoil(picture, "noise-14", Dice(1))

    assert colours(spoil(noisy, "palette-8", Dice(1))) <= 8 < colours(noisy)


def test_jagged_edges_are_there_or_not(picture):
    assert set(np.unique(spoil(picture, "jagged-128", Dice(1))[..., 3])) == {0, 255}
    opaque = spoil(picture, "pasted-255", Dice(2))
    assert (opaque[..., 3] == 255).all()


def test_white_is_cut_out_of_an_opaque_picture():
    page = np.full((9, 9, 4), 255, np.uint8)
    page[3:6, 3:6, :3] = 0
    cut = spoil(page, "jagged-64", Dice(1))

    assert (cut[3:6, 3:6, 3] == 255).all()
    assert cut[..., 3].sum() == 9 * 255


def test_weighing_colours_and_back_changes_nothing_that_is_seen(picture):
    back = straight(premultiplied(picture))
    seen = picture[..., 3] > 40

    assert np.array_equal(back[..., 3], picture[..., 3])
    assert np.abs(back[seen].astype(int) - picture[seen]).max() <= 1


def test_all_damages_come_up():
    dice = Dice(3)

    assert {pick_damage(dice).split("-")[0] for _ in range(400)} == set(SPOILERS)
