"""Pictures are damaged in known ways, the same each time."""

from __future__ import annotations

import numpy as np
import pytest

from bench.drawings import overlaps
from bench.rendering import draw
from bench.variants import VARIANTS


def test_half_transparent_black_is_grey_on_white() -> None:
    picture = np.array([[[0, 0, 0, 128], [9, 9, 9, 0], [1, 2, 3, 255]]], np.uint8)
    assert VARIANTS["white"](picture).tolist() == [[[127, 127, 127, 255], [255, 255, 255, 255], [1, 2, 3, 255]]]


def test_as_drawn_nothing_changes() -> None:
    picture = draw(overlaps(), 32, 32)
    assert (VARIANTS["rgba"](picture) == picture).all()


@pytest.mark.parametrize("name", [name for name in VARIANTS if name != "rgba"])
def test_the_others_are_opaque_and_the_same_each_time(name: str) -> None:
    picture = draw(overlaps(), 40, 40)
    before = picture.copy()
    first, second = VARIANTS[name](picture), VARIANTS[name](picture)
    assert first.shape == picture.shape
    assert first.dtype == np.uint8
    assert (first[..., 3] == 255).all()
    assert (first == second).all()
    assert (picture == before).all()


def test_noise_has_the_deviation_it_is_named_for() -> None:
    grey = np.full((200, 200, 4), (128, 128, 128, 255), np.uint8)
    assert VARIANTS["noise4"](grey)[..., :3].std() == pytest.approx(4, abs=0.1)


def test_enlarging_softens_an_edge_and_nothing_else() -> None:
    picture = np.zeros((16, 16, 4), np.uint8)
    picture[:, 7:, 3] = 255
    row = VARIANTS["enlarged2x"](picture)[8, :, 0]
    assert (row[:3] == 255).all()
    assert (row[12:] == 0).all()
    assert ((row[5:9] > 0) & (row[5:9] < 255)).any()
