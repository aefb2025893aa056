"""Outlines run where the edges of the drawing ran."""

from __future__ import annotations

import math

import numpy as np
import pytest

from svgai import Limits
from svgai.engine.coverage import unmix
from svgai.engine.inks import find_inks
from svgai.engine.kernels.cuts import cut
from svgai.engine.mapping import find_boundaries, find_regions
from svgai.engine.outlines import find_outlines
from svgai.files.intake import from_array
from svgai.picture import Picture
from svgai.regions import OUTSIDE, Outline
from tests.svgai.engine.test_inks import BLUE, RED, WHITE

SIZE, SAMPLES = 96, 16


def filled(*shapes, background=WHITE) -> Picture:
    """Shapes given as (inside(x, y), colour), their areas counted over 256 samples of each pixel."""
    at = (np.arange(SIZE * SAMPLES) + 0.5) / SAMPLES
    x, y = np.meshgrid(at, at)
    amount = np.zeros((SIZE, SIZE, 4)) + background
    amount[..., :3] *= amount[..., 3:] / 255
    for inside, colour in shapes:
        area = inside(x, y).reshape(SIZE, SAMPLES, SIZE, SAMPLES).mean(axis=(1, 3))[..., None]
        amount = amount * (1 - area) + np.array(colour) * area
    alpha = amount[..., 3:]
    straight = np.concatenate([amount[..., :3] * 255 / np.maximum(alpha, 1e-9), alpha], axis=-1)
    return from_array(np.rint(np.clip(straight, 0, 255)).astype(np.uint8), Limits())


def box(left, top, right, bottom):
    return lambda x, y: (x > left) & (x < right) & (y > top) & (y < bottom)


def outlines_of(picture: Picture) -> list[Outline]:
    cover = unmix(picture, find_inks(picture, 8))
    regions = find_regions(cover)
    found = find_outlines(find_boundaries(regions), regions, cover)
    return [each for each in found if OUTSIDE not in (each.boundary.left, each.boundary.right)]


@pytest.mark.parametrize("radius", [4.5, 12.2, 30.3, 44.0])
@pytest.mark.parametrize("background", [WHITE, (0, 0, 0, 0)], ids=["white", "nothing"])
def test_the_outline_of_a_disc_is_a_circle_neither_too_small_nor_too_large(radius, background) -> None:
    disc = lambda x, y: np.hypot(x - 48.2, y - 47.6) < radius  # noqa: E731
    (outline,) = outlines_of(filled((disc, RED), background=background))
    error = np.hypot(outline.points[:, 0] - 48.2, outline.points[:, 1] - 47.6) - radius
    assert abs(error.mean()) < 0.02
    assert error.std() < 0.03
    assert np.abs(error).max() < 0.1


@pytest.mark.parametrize("degrees", [0, 7, 22, 44, 46, 71, 88, 90, 135, 160])
def test_the_outline_of_a_straight_edge_is_straight(degrees: float) -> None:
    angle = math.radians(degrees)
    half = lambda x, y: (y - 47.4) * math.cos(angle) > (x - 48.3) * math.sin(angle)  # noqa: E731
    (outline,) = outlines_of(filled((half, RED)))
    x, y = outline.points[2:-2].T  # at the picture's own edge a cut has less to go by
    error = (y - 47.4) * math.cos(angle) - (x - 48.3) * math.sin(angle)
    assert np.abs(error).max() < 0.04


def test_two_inks_that_touch_share_an_outline_between_them() -> None:
    outlines = outlines_of(filled((box(10, 10, 85, 80), BLUE), (box(10, 10, 47.5, 80), RED)))
    assert len(outlines) == 3
    (between,) = [each for each in outlines if np.ptp(each.points[1:-1, 0]) < 0.01]
    assert between.points[1:-1, 0] == pytest.approx(47.5, abs=0.01)


@pytest.mark.parametrize("top", [40.0, 40.25, 40.4])
def test_a_line_one_pixel_wide_keeps_its_width_and_place(top: float) -> None:
    picture = filled((box(10, top, 86, top + 1), RED), (box(20, 60, 80, 80), RED))
    thin = min(outlines_of(picture), key=lambda each: each.points[:, 1].max())
    x, y = thin.points.T
    middle = y if len(y) == 5 else y[(x > 14) & (x < 82)]  # made of whole pixels, it only has corners
    assert middle.min() == pytest.approx(top, abs=1 / (2 * SAMPLES))
    assert middle.max() == pytest.approx(top + 1, abs=1 / (2 * SAMPLES))


@pytest.mark.parametrize(
    ("line", "edge", "place"),
    [
        ([1, 1, 1, 0, 0], 3, 3.0),
        ([1, 1, 0.75, 0, 0], 3, 2.75),
        ([1, 1, 0.25, 0, 0], 2, 2.25),
        ([1, 0.9, 0.3, 0, 0], 2, 2.2),
        ([0, 0, 0.6, 0, 0], 3, 2.8),
        ([1, 1, 0.4, 1, 1], 2, 2.2),
        ([0.5], 1, 0.5),
        ([1.0], 1, 1.0),
        ([0.0, 0.0], 1, 1.0),
    ],
)
def test_a_cut_is_where_the_shares_add_up_to(line: list[float], edge: int, place: float) -> None:
    assert cut(np.array(line, np.float32), edge, 3) == pytest.approx(place, abs=1e-6)


def test_a_dot_has_an_outline_as_well() -> None:
    dots = outlines_of(filled((box(40, 40, 41, 41), RED), (box(60, 60, 90, 90), RED)))
    assert len(dots) == 2
    assert all(len(outline.points) >= 4 for outline in dots)


def test_every_boundary_has_its_outline_whatever_the_picture() -> None:
    noise = from_array(np.random.default_rng(5).integers(0, 256, (24, 30, 4), np.uint8), Limits())
    cover = unmix(noise, find_inks(noise, 12))
    regions = find_regions(cover)
    boundaries = find_boundaries(regions)
    outlines = find_outlines(boundaries, regions, cover)
    assert [outline.boundary for outline in outlines] == list(boundaries)
    assert all(np.isfinite(outline.points).all() for outline in outlines)
