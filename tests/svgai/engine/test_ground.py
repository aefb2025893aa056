"""The ground is told even where a drawing covers all of a picture but a part of its last row."""

from __future__ import annotations

import numpy as np
import pytest

from svgai import convert
from svgai.cover import Inks
from svgai.drawing import Rectangle
from svgai.engine.ground import faded_into
from svgai.engine.inks import find_inks
from svgai.engine.raster import draw
from svgai.picture import Picture
from tests.svgai.engine.flat import pictured, traced

WHITE = '<path fill="#fff" d="M0 0h64v64H0z"/>'
NIGHT = '<path fill="#02161f" d="M{}z"/>'
DISC = '<circle cx="30" cy="28" r="14.3" fill="#c81e3c"/>'
UNTIL = {
    "below": "0 0H64V{0}H0",
    "above": "0 64H64V{1}H0",
    "right": "0 0V64H{0}V0",
    "left": "64 0V64H{1}V0",
    "below and above": "0 {1}H64V{0}H0",
}


def ground_of(picture: Picture) -> tuple[int, ...]:
    inks: Inks = find_inks(picture, 16)
    return tuple(np.rint(inks.colours[inks.ground]).astype(int).tolist())


@pytest.mark.parametrize("paper", ["", WHITE], ids=["nothing", "white"])
@pytest.mark.parametrize("end", [63.25, 63.5, 63.8])
@pytest.mark.parametrize("way", UNTIL)
def test_the_ground_is_what_the_last_row_is_mixed_with(paper: str, end: float, way: str) -> None:
    night = NIGHT.format(UNTIL[way].format(end, 64 - end))
    assert ground_of(pictured(paper + night + DISC)) == ((255,) * 4 if paper else (0,) * 4)


@pytest.mark.parametrize("paper", ["", WHITE], ids=["nothing", "white"])
@pytest.mark.parametrize("end", [63.25, 63.5, 63.75])
def test_a_drawing_ends_where_it_was_drawn_to_within_the_last_row(paper: str, end: float) -> None:
    picture = pictured(paper + NIGHT.format(UNTIL["below"].format(end, 0)) + DISC)
    (night,) = traced(picture).shapes[-2].forms
    assert isinstance(night, Rectangle)
    assert (night.x, night.width) == pytest.approx((32, 64), abs=0.01)
    assert (night.y - night.height / 2, night.y + night.height / 2) == pytest.approx((0, end), abs=0.03)


def test_several_inks_fade_into_one_ground() -> None:
    halves = NIGHT.format("0 0H30V63.3H0") + '<path fill="#1e9646" d="M30 0H64V63.3H30z"/>'
    assert ground_of(pictured(WHITE + halves)) == (255,) * 4


def test_a_frame_is_no_fading() -> None:
    """Half of white and half of night on all four sides: as well a line of grey."""
    frame = pictured('<path fill="#808b8f" d="M0 0h64v64H0z"/>' + NIGHT.format("1 1H63V63H1") + DISC)
    assert faded_into(frame) is None
    assert ground_of(frame) == (0x80, 0x8B, 0x8F, 255)


def test_nothing_shines_through_all_four_sides() -> None:
    assert ground_of(pictured(NIGHT.format(".4 .4H63.6V63.6H.4") + DISC)) == (0,) * 4


@pytest.mark.parametrize("corner", ["#fff", "#fc0"])
def test_a_tile_with_round_corners_lies_on_what_these_show(corner: str) -> None:
    """Though more of the border is the tile's."""
    paper = WHITE.replace("#fff", corner)
    tile = '<path fill="#02161f" d="M0 0H52A12 12 0 0 1 64 12V52A12 12 0 0 1 52 64H12A12 12 0 0 1 0 52z"/>'
    found = ground_of(pictured(paper + tile + DISC))
    assert found == ((255, 255, 255, 255) if corner == "#fff" else (255, 204, 0, 255))


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_picture_of_few_pixels_has_no_border_that_fades(size: int) -> None:
    assert faded_into(Picture(np.full((size, 64, 4), 40, np.uint8))) is None


def test_no_line_is_left_where_a_whole_drawing_is_enlarged() -> None:
    """As a strip along the border would be."""
    night = NIGHT.format("0 0H64V63.25H0")
    made = convert(np.ascontiguousarray(pictured(WHITE + night + DISC).rgba), method="fast")
    large = draw(made.svg, 512, 512)
    assert (large[506:, :, :3] == 255).all()
    assert (large[: 63 * 8 + 1, 480:, :3] == (2, 22, 31)).all()
