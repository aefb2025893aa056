"""The measures equal scikit-image's, only quicker."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import structural_similarity as oracle_ssim

from svgai.engine import score
from svgai.engine.score import colour_difference, measure, structural_similarity
from svgai.picture import Picture
from tests import samples


def oracle_colour(one, other) -> float:
    return float(deltaE_ciede2000(rgb2lab(one), rgb2lab(other)).mean())


def ssim_by_skimage(one, other) -> float:
    return oracle_ssim(
        one, other, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, channel_axis=-1, data_range=255
    )


def pair(seed: int, height: int, width: int, spread: int):
    rng = np.random.default_rng(seed)
    one = np.asarray(samples.logo(max(height, width)).convert("RGB"))[:height, :width]
    noise = rng.integers(-spread, spread + 1, one.shape)
    return one, np.clip(one + noise, 0, 255).astype(np.uint8)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.integers(11, 70), st.integers(11, 70), st.sampled_from([0, 1, 5, 40, 255]))
def test_ssim_equals_scikit_image_to_four_digits(seed, height, width, spread):
    one, other = pair(seed, height, width, spread)
    assert structural_similarity(one, other) == pytest.approx(ssim_by_skimage(one, other), abs=5e-5)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 50), st.integers(1, 50), st.sampled_from([0, 1, 5, 40, 255]))
def test_colour_difference_equals_scikit_image(seed, height, width, spread):
    one, other = pair(seed, height, width, spread)
    assert colour_difference(one, other) == pytest.approx(oracle_colour(one, other), abs=1e-6)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (10, 300)])
def test_pictures_too_small_for_the_window_are_measured_all_the_same(shape):
    one = np.full((*shape, 3), 200, np.uint8)
    assert structural_similarity(one, one) == 1
    assert structural_similarity(one, 255 - one) < 0.7


def pixels(*rgba: int, size: int = 24):
    return np.full((size, size, 4), rgba, np.uint8)


def test_an_equal_drawing_is_perfect():
    quality = measure(pixels(9, 8, 7, 100), Picture(pixels(9, 8, 7, 100)))
    assert (quality.ssim, quality.delta_e) == (1, 0)


def test_a_white_logo_that_came_back_as_nothing_is_not_perfect():
    logo = pixels(255, 255, 255, 0)
    logo[6:18, 6:18, 3] = 255
    quality = measure(pixels(0, 0, 0, 0), Picture(logo))
    assert quality.ssim < 0.8
    assert quality.delta_e > 20


def test_a_black_logo_that_came_back_as_nothing_is_not_perfect():
    logo = pixels(0, 0, 0, 0)
    logo[6:18, 6:18, 3] = 255
    assert measure(pixels(0, 0, 0, 0), Picture(logo)).delta_e > 20


def test_a_drawing_with_holes_where_the_picture_is_white_is_not_perfect():
    assert measure(pixels(0, 0, 0, 0), Picture(pixels(255, 255, 255, 255))).delta_e > 90


def test_what_lies_invisible_under_transparency_counts_for_nothing():
    assert measure(pixels(1, 2, 3, 0), Picture(pixels(200, 100, 0, 0))).delta_e == 0


def test_a_large_picture_is_measured_in_bands_with_the_same_result(monkeypatch):
    one, other = pair(1, 67, 70, 40)
    whole = (structural_similarity(one, other), colour_difference(one, other))
    monkeypatch.setattr(score, "_PAIRED_AT_ONCE", 70 * 4)
    assert (structural_similarity(one, other), colour_difference(one, other)) == pytest.approx(whole, abs=1e-6)
