"""The figures equal what is worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from bench.metrics import colour_difference, complexity, psnr, ssim


def flat(grey: int, side: int = 16) -> np.ndarray:
    return np.full((side, side, 3), grey, np.uint8)


COUNTS = {
    '<path d="M0 0L1 2 3 4Z"/>': (3, 6),
    '<path d="m0,0l1-2.5.5,4e-1h3v-1.5.5z"/>': (6, 9),
    '<path d="M0 0C1 2 3 4 5 6S1 2 3 4Q1 2 3 4T5 6"/>': (5, 18),
    '<path d="M0 0A5 5 0 0 1 5 5"/>': (2, 9),
    '<path d="M0 0a5 5 0 015 5"/>': (2, 9),
    '<path d="M0 0a5 5 0 10-.5.5 5 5 0 0,1 .5-.5z"/>': (3, 16),
    '<circle r="4"/><ellipse rx="1" ry="2"/><line x1="1"/>': (3, 11),
    '<rect width="4" height="4"/><rect width="4" height="4" rx="1"/>': (2, 10),
    '<polygon points="0,0 4,0 4,4"/>': (3, 6),
    '<path id="M1 1"/>': (0, 0),
}


@pytest.mark.parametrize(("svg", "counted"), COUNTS.items())
def test_segments_and_numbers_are_counted(svg: str, counted: tuple[int, int]) -> None:
    assert complexity(f"<svg>{svg}</svg>") == counted


def test_psnr_of_known_errors() -> None:
    assert psnr(flat(0), flat(255)) == 0
    assert psnr(flat(100), flat(101)) == pytest.approx(48.1308, abs=1e-4)
    assert psnr(flat(7), flat(7)) == pytest.approx(68.1308, abs=1e-4)


def test_ssim_of_equals_is_one() -> None:
    assert ssim(flat(90), flat(90)) == pytest.approx(1)


def test_ssim_of_flat_pictures_compares_their_means() -> None:
    steady = (0.01 * 255) ** 2
    assert ssim(flat(0), flat(255)) == pytest.approx(steady / (255**2 + steady), rel=1e-3)


def test_colour_difference_is_a_mean_over_all_pixels() -> None:
    half = flat(255)
    half[:8] = 0
    assert colour_difference(flat(255), flat(255)) == 0
    assert colour_difference(flat(255), flat(0)) == pytest.approx(100, abs=1e-3)
    assert colour_difference(flat(255), half) == pytest.approx(50, abs=1e-3)
