"""Pictures are damaged in known ways, the same each time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bench.drawings import leaf, overlaps
from bench.rendering import Pixels, draw
from bench.variants import VARIANTS, enlarged, jpeg, noise, white


def test_half_transparent_black_is_grey_on_white() -> None:
    picture = np.array([[[0, 0, 0, 128], [9, 9, 9, 0], [1, 2, 3, 255]]], np.uint8)
    assert white(picture).tolist() == [[[127, 127, 127, 255], [255, 255, 255, 255], [1, 2, 3, 255]]]


def test_as_drawn_nothing_changes() -> None:
    assert (VARIANTS["rgba"](overlaps(), 32, 32) == draw(overlaps(), 32, 32)).all()


@pytest.mark.parametrize("name", VARIANTS)
def test_all_are_the_same_each_time_and_the_damaged_ones_are_opaque(name: str) -> None:
    first, second = VARIANTS[name](overlaps(), 40, 40), VARIANTS[name](overlaps(), 40, 40)
    assert first.shape == (40, 40, 4)
    assert first.dtype == np.uint8
    assert (first == second).all()
    assert (first[..., 3] == 255).all() == (name not in ("rgba", "stepped"))


@pytest.mark.parametrize("damage", [white, jpeg(85), noise(4.0), enlarged])
def test_damage_leaves_the_picture_itself_alone(damage: Callable[[Pixels], Pixels]) -> None:
    picture = draw(overlaps(), 40, 40).copy()
    before = picture.copy()
    damage(picture)
    assert (picture == before).all()


def test_what_is_not_smoothed_has_the_colours_of_the_drawing_and_no_mixes() -> None:
    colours, mixed = (np.unique(VARIANTS[name](leaf(), 64, 64).reshape(-1, 4), axis=0) for name in ("stepped", "rgba"))
    assert len(colours) < 6 < len(mixed)


def test_noise_has_the_deviation_it_is_named_for() -> None:
    grey = np.full((200, 200, 4), (128, 128, 128, 255), np.uint8)
    assert noise(4.0)(grey)[..., :3].std() == pytest.approx(4, abs=0.1)


def test_enlarging_softens_an_edge_and_nothing_else() -> None:
    picture = np.zeros((16, 16, 4), np.uint8)
    picture[:, 7:, 3] = 255
    row = enlarged(picture)[8, :, 0]
    assert (row[:3] == 255).all()
    assert (row[12:] == 0).all()
    assert ((row[5:9] > 0) & (row[5:9] < 255)).any()
