"""Edges of what lies on something with the same outline are where they were drawn, by single samples."""

from __future__ import annotations

import math

import numpy as np
import pytest

from svgai import Limits
from svgai.cover import Cover
from svgai.drawing import Path
from svgai.engine.coverage import unmix
from svgai.engine.inks import find_inks
from svgai.files.intake import from_array
from svgai.picture import Picture
from tests.svgai.engine.flat import by_resvg, of_areas, pictured, svg, traced

SHAPE = '<path d="M9.3 31.1L63.7 6.4 87.2 58.8 34.6 81.5z" fill="{}"/>'
ELSEWHERE = '<circle cx="12" cy="84" r="9" fill="{}"/>'
PAPER = '<path fill="#fff" d="M0 0h96v96H0z"/>'
SAME_OUTLINE = {
    "on itself": SHAPE.format("#143c5a") * 2,
    "on another ink": ELSEWHERE.format("#f04e98") + SHAPE.format("#f04e98") + SHAPE.format("#143c5a"),
    "under a shadow": ELSEWHERE.format("#3ca05a") + SHAPE.format("#3ca05a") + SHAPE.format('#1e3cc8" opacity=".5'),
}


def covers(inside: str) -> tuple[Cover, np.ndarray]:
    """How a picture is explained, and how much of each pixel the shape alone covers."""
    picture = pictured_by_samples(inside)
    alone = pictured_by_samples(SHAPE.format("#000")).rgba[..., 3].astype(float) / 255
    return unmix(picture, find_inks(picture, 16)), alone


def pictured_by_samples(inside: str) -> Picture:
    return from_array(by_resvg(svg(inside, 96, 96), 96, 96), Limits())


@pytest.mark.parametrize("paper", ["", PAPER], ids=["nothing", "white"])
@pytest.mark.parametrize("inside", SAME_OUTLINE.values(), ids=SAME_OUTLINE.keys())
def test_what_lies_on_top_covers_what_it_was_drawn_to(inside: str, paper: str) -> None:
    cover, alone = covers(paper + inside)
    is_edge = (alone > 0) & (alone < 1)
    shape = int(cover.first[40, 40])
    found = np.where(cover.first == shape, cover.share, 1 - cover.share)[is_edge]
    is_told = alone[is_edge] < 0.86  # twice as much looks like all
    assert is_told.sum() > 150
    assert np.abs(found - alone[is_edge])[is_told].max() < 0.01
    assert cover.seam[is_edge][is_told].all()
    assert not cover.seam[~is_edge].any()


@pytest.mark.parametrize("paper", ["", PAPER], ids=["nothing", "white"])
def test_edges_of_two_inks_that_lie_on_nothing_else_stay_as_they_are(paper: str) -> None:
    """Beside one that does not."""
    plain = '<path d="M4 93.3L28 83.2 31 95z" fill="#143c5a"/><circle cx="84" cy="84" r="8.3" fill="#143c5a"/>'
    cover, alone = covers(paper + SAME_OUTLINE["on itself"] + plain)
    assert cover.seam[(alone > 0) & (alone < 0.86)].all()
    assert not cover.seam[alone == 0].any()


@pytest.mark.parametrize("seed", range(6))
def test_what_was_not_drawn_by_samples_has_no_edges_laid_on_others(seed: int) -> None:
    some = np.random.default_rng(seed)
    inks = ["#143c5a", "#f04e98", "#3ca05a", "#fc0"]
    shapes = [
        f'<ellipse cx="{x:.2f}" cy="{y:.2f}" rx="{a:.2f}" ry="{b:.2f}" fill="{inks[k % 4]}"/>'
        for k, (x, y, a, b) in enumerate(some.uniform((10, 10, 5, 5), (86, 86, 30, 30), (6, 4)))
    ]
    drawn = pictured(PAPER + "".join(shapes), 96, 96)
    cover = unmix(drawn, find_inks(drawn, 16))
    laid = cover.seam & (cover.misfit == 0)
    assert laid.mean() < 0.001


@pytest.mark.parametrize("width", [1.0, 6.0])
@pytest.mark.parametrize("shift", np.linspace(0, 1, 8, endpoint=False))
def test_a_few_shares_again_and_again_tell_nothing(width: float, shift: float) -> None:
    """As along a line of 45 degrees, where they may be anything by chance."""
    line = f'<path d="M{10 + shift:.3f} 10L{70 + shift:.3f} 70" stroke="#141428" stroke-width="{width}"/>'
    drawn = pictured(PAPER + line, 96, 96)
    assert not unmix(drawn, find_inks(drawn, 16)).seam.any()


def test_a_line_of_a_third_ink_along_an_edge_is_no_outline_underneath() -> None:
    line = ELSEWHERE.format("#f04e98") + SHAPE.format('#143c5a" stroke="#f04e98" stroke-width="1.6')
    cover, _ = covers(PAPER + line)
    assert not (cover.seam & (cover.misfit == 0)).any()


@pytest.mark.parametrize("inside", SAME_OUTLINE.values(), ids=SAME_OUTLINE.keys())
def test_corners_come_back_where_they_were_drawn(inside: str) -> None:
    """They were up to a quarter of a pixel off."""
    drawing = traced(pictured_by_samples(PAPER + inside))
    paths = [form for shape in drawing.shapes for form in shape.forms if isinstance(form, Path)]
    found = [point for path in paths for point in path.points.tolist()]
    for corner in ((9.3, 31.1), (63.7, 6.4), (87.2, 58.8), (34.6, 81.5)):
        assert min(math.dist(corner, each) for each in found) < 0.12, found


def test_many_inks_are_left_alone() -> None:
    """Among so many one would fit by chance."""
    columns = np.zeros((40, 40, 4), np.float32)
    columns[..., 3] = 255
    columns[..., 0] = np.arange(40) // 2 * 12
    picture = of_areas(columns)
    assert math.isclose(unmix(picture, find_inks(picture, 64)).seam.mean(), 0)
