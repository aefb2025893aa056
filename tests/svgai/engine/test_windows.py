"""SSIM's windows: the kernel and its slow, obvious twin say the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svgai.engine.kernels.windows import lack_of_likeness

REACH = 5
BELL = np.exp(-0.5 * (np.arange(-REACH, REACH + 1) / 1.5) ** 2)
WEIGHTS = BELL / BELL.sum()
DARK, FLAT = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def lack_by_hand(one, other) -> float:
    weights = np.outer(WEIGHTS, WEIGHTS)
    lack = 0.0
    for y in range(REACH, one.shape[0] - REACH):
        for x in range(REACH, one.shape[1] - REACH):
            for channel in range(one.shape[2]):
                a, b = (
                    colours[y - REACH : y + REACH + 1, x - REACH : x + REACH + 1, channel].astype(float)
                    for colours in (one, other)
                )
                mean_a, mean_b = (weights * a).sum(), (weights * b).sum()
                variance_a, variance_b = (weights * (a - mean_a) ** 2).sum(), (weights * (b - mean_b) ** 2).sum()
                shared = (weights * (a - mean_a) * (b - mean_b)).sum()
                likeness = (2 * mean_a * mean_b + DARK) * (2 * shared + FLAT)
                lack += 1 - likeness / ((mean_a**2 + mean_b**2 + DARK) * (variance_a + variance_b + FLAT))
    return lack


def lack(one, other) -> float:
    return lack_of_likeness(one, other, WEIGHTS.astype(np.float32), np.float32(DARK), np.float32(FLAT))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(11, 20), st.integers(11, 20), st.integers(1, 3), st.integers(0, 12))
def test_the_kernel_adds_up_what_its_twin_does(seed, height, width, channels, differing):
    rng = np.random.default_rng(seed)
    one = rng.integers(0, 256, (height, width, channels), dtype=np.uint8)
    other = one.copy()
    for _ in range(differing):
        other[rng.integers(height), rng.integers(width)] = rng.integers(0, 256)
    assert lack(one, other) == pytest.approx(lack_by_hand(one, other), rel=1e-3, abs=1e-4)


def test_equal_pictures_lack_exactly_nothing():
    one = np.random.default_rng(1).integers(0, 256, (40, 30, 3), dtype=np.uint8)
    assert lack(one, one.copy()) == 0


def test_far_from_any_difference_nothing_is_lacking():
    one = np.random.default_rng(1).integers(0, 256, (60, 60, 3), dtype=np.uint8)
    other = one.copy()
    other[30, 30] ^= 255
    cropped = np.ascontiguousarray(one[15:46, 15:46]), np.ascontiguousarray(other[15:46, 15:46])
    assert lack(one, other) == lack(*cropped) > 0
