"""Inks are the colours that a picture was drawn with, and never the mixes at its edges."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from svgai import Limits
from svgai.cover import Inks
from svgai.engine.inks import find_inks
from svgai.files.intake import from_array
from svgai.picture import Picture
from tests.svgai.engine.flat import by_resvg, svg

OVERSAMPLING = 8


def drawn(shapes, background=(0, 0, 0, 0), size=96) -> Picture:
    """A picture whose edges are mixed by area: drawn large in premultiplied colours, and reduced."""
    large = np.zeros((size * OVERSAMPLING, size * OVERSAMPLING, 4))
    large[:] = background
    for shape, points, colour in shapes:
        mask = Image.new("1", (size * OVERSAMPLING, size * OVERSAMPLING))
        getattr(ImageDraw.Draw(mask), shape)([value * OVERSAMPLING for value in points], fill=1)
        large[np.asarray(mask)] = colour
    large[..., :3] *= large[..., 3:] / 255
    small = large.reshape(size, OVERSAMPLING, size, OVERSAMPLING, 4).mean(axis=(1, 3))
    alpha = small[..., 3:]
    straight = np.concatenate([small[..., :3] * 255 / np.maximum(alpha, 1e-9), alpha], axis=-1)
    return from_array(np.rint(np.clip(straight, 0, 255)).astype(np.uint8), Limits())


def names(inks: Inks) -> set[str]:
    found = (inks[index] for index in range(len(inks)))
    return {f"{ink.red:02x}{ink.green:02x}{ink.blue:02x}@{ink.opacity:.2f}" for ink in found}


RED, BLUE, WHITE, HALF = (200, 30, 60, 255), (20, 60, 200, 255), (255, 255, 255, 255), (20, 60, 200, 128)


def test_the_inks_of_shapes_on_nothing_are_theirs_and_nothing() -> None:
    picture = drawn([("ellipse", (10, 10, 80, 80), RED), ("rectangle", (30.4, 20.7, 60.2, 90.1), BLUE)])
    assert names(find_inks(picture, 64)) == {"c81e3c@1.00", "143cc8@1.00", "000000@0.00"}


def test_mixes_at_edges_are_no_inks_however_many_there_are() -> None:
    rays = [("polygon", (48, 48, 5 + 9 * n, 2, 9 + 9 * n, 2), RED) for n in range(10)]
    assert names(find_inks(drawn(rays, WHITE), 64)) == {"c81e3c@1.00", "ffffff@1.00"}


def test_translucent_fills_are_inks_of_their_own() -> None:
    picture = drawn([("ellipse", (10, 10, 80, 80), HALF)])
    assert names(find_inks(picture, 64)) == {"143cc8@0.50", "000000@0.00"}


@pytest.mark.parametrize("width", [1.0, 1.5, 2.0])
def test_a_stroke_without_an_inside_still_has_its_ink(width: float) -> None:
    strokes = [("rectangle", (10, 8.5 + 12 * n, 86, 8.5 + 12 * n + width), BLUE) for n in range(7)]
    inks = find_inks(drawn([("rectangle", (5.2, 2.3, 91.7, 94.1), RED), *strokes], WHITE), 64)
    assert len(inks) == 3
    blue = inks.colours[2]
    assert np.abs(blue - np.array(BLUE)).max() < (130 if width < 1.5 else 3)  # no pixel of the thinnest is all blue


def test_what_shines_through_at_an_edge_is_no_ink() -> None:
    square = '<path d="M20.3 20.3h40.4v40.4h-40.4z" fill="{}"/>'
    lid = square.format("#525254") + square.format("#3b3b3c")
    assert names(find_inks(from_array(by_resvg(svg(lid, 96, 96), 96, 96), Limits()), 16)) == {
        "000000@0.00",
        "3b3b3c@1.00",
    }


def test_near_duplicates_are_one_ink() -> None:
    picture = drawn([("rectangle", (5, 5, 50, 90), RED), ("rectangle", (50, 5, 90, 90), (202, 31, 61, 255))])
    assert len(find_inks(picture, 64)) == 2


def test_there_are_never_more_inks_than_asked_for_and_never_none() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 4), np.uint8)
    assert len(find_inks(from_array(noise, Limits()), 5)) == 5
    one = from_array(np.array([[RED]], np.uint8), Limits())
    assert names(find_inks(one, 64)) == {"c81e3c@1.00"}


def test_the_most_frequent_ink_comes_first() -> None:
    inks = find_inks(drawn([("rectangle", (0, 0, 96, 70), RED)], WHITE), 64)
    assert (inks[0].red, inks[1].red) == (200, 255)


def test_the_same_picture_has_the_same_inks() -> None:
    picture = drawn([("ellipse", (10, 10, 80, 80), RED)], WHITE)
    assert np.array_equal(find_inks(picture, 64).colours, find_inks(picture, 64).colours)
