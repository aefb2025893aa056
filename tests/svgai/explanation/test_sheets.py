"""The sheets show each stage's findings where they are."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from svgai import Limits
from svgai.analysis import Analysis, analyze, corners_of
from svgai.drawing import Drawing, Ink, Rectangle, Shape
from svgai.engine.raster import draw
from svgai.explanation.canvas import BLACK, BLUE, GREEN, GREY, ORANGE, PINK, RED, TEAL, WHITE, hue, steps_for
from svgai.explanation.lines import places_of
from svgai.explanation.sheet import Key, Sheet
from svgai.explanation.sheets import GIVEN_UP, explain, sheets
from svgai.options import Options
from svgai.strands import Network, Strands
from tests.samples import flat_png, logo_png, noise_png

SIZE = 64
STEPS = 18
"""How many times a picture of that size is enlarged."""
PICTURES = {
    "T": '<rect width="64" height="64" fill="#eee"/><path d="M0 20.4H64V64H0z" fill="#124"/>'
    '<path d="M30.3 20.4H64V64H30.3z" fill="#c33"/>',
    "Y": '<path d="M32 32V-40L-60 80z" fill="#124"/><path d="M32 32V-40L124 80z" fill="#c33"/>'
    '<path d="M32 32L-60 80H124z" fill="#eb4"/>',
    "wave": '<rect width="64" height="64" fill="#fff"/><path d="M8 30C20 4 40 60 57 20V58H8z" fill="#124"/>',
    "square": '<rect width="64" height="64" fill="#fff"/><rect x="8" y="12" width="40" height="30" fill="#124"/>',
    "card": '<rect width="64" height="64" fill="#fff"/><rect x="8.4" y="8.4" width="48" height="48" fill="#124"/>'
    '<rect x="20.4" y="20.4" width="22" height="22" fill="#c33"/>',
}


@lru_cache
def seen(name: str, method: str = "optimised") -> Analysis:
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{SIZE}" height="{SIZE}">{PICTURES[name]}</svg>'
    return analyze(draw(svg, SIZE, SIZE), Limits(), Options(method=method))


def shown(analysis: Analysis, name: str) -> np.ndarray:
    return np.asarray(dict(sheets(analysis))[name].image)


def at(pixels: np.ndarray, place: np.ndarray) -> tuple[int, ...]:
    """The colour at a place of the picture."""
    x, y = (int(value * STEPS) for value in place)
    return tuple(pixels[y, x].tolist())


def names(analysis: Analysis) -> list[str]:
    return [name for name, _ in sheets(analysis)]


def test_every_stage_is_drawn_in_order(tmp_path: Path) -> None:
    made = explain(analyze(logo_png(96, transparent=True), Limits()), tmp_path / "new")
    drawn = [path.stem.partition("-")[2] for path in made]
    story = ["picture", "inks", "coverage", "misfit", "boundaries", "outlines", "strands", "curves", "refined"]
    assert [name for name in drawn if name in story] == story
    assert drawn[-3:] == ["stacking", "error", "result"]
    assert "shapes" in drawn
    assert [path.name[:3] for path in made] == [f"{number:02}-" for number in range(1, len(made) + 1)]
    for path in made:
        with Image.open(path) as sheet:
            assert len(sheet.convert("RGB").getcolors(1 << 20)) > 1


@pytest.mark.parametrize(
    "picture",
    [flat_png(1, 1), flat_png(300, 2), flat_png(9, 5, (0, 0, 0, 0))],
    ids=["dot", "line", "nothing"],
)
def test_odd_pictures_are_explained_to_the_end(picture: bytes) -> None:
    assert names(analyze(picture, Limits()))[-1] == "result"


def test_a_picture_that_is_no_drawing_is_explained_up_to_where_it_was_given_up() -> None:
    drawn = dict(sheets(analyze(noise_png(200), Limits())))
    assert list(drawn) == ["picture", "inks", "coverage", "misfit"]
    assert [name for name, sheet in drawn.items() if GIVEN_UP in sheet.notes] == ["misfit"]


def test_what_ran_last_is_shown_last() -> None:
    analysis = seen("wave", "refined")
    moved = [name for name in names(analysis) if name in ("simplified", "refined")]
    assert moved == ["simplified", "refined"]
    assert analysis.last(Network) is analysis.found["refine"]


def test_a_stage_that_nobody_knows_has_a_sheet_if_it_leaves_curves() -> None:
    analysis = seen("wave")
    more = {**analysis.found, "embellish": analysis.found["refine"], "count": 3}
    assert names(replace(analysis, found=more)) == [*names(analysis), "embellish"]


def test_a_stage_may_be_missing() -> None:
    analysis = seen("wave")
    fewer = {name: found for name, found in analysis.found.items() if name not in ("refine", "find_shapes")}
    assert names(replace(analysis, found=fewer)) == [
        name for name in names(analysis) if name not in ("refined", "shapes")
    ]


def test_a_joint_is_filled_where_an_edge_runs_through_and_hollow_where_all_end() -> None:
    colours = set()
    for name in ("T", "Y"):
        strands, pixels = seen(name).last(Strands), shown(seen(name), "strands")
        assert strands
        passed = {joint for strand in strands for joint in strand.joints}
        for joint, place in enumerate(strands.joints):
            if place.min() > 1 and place.max() < SIZE - 1:
                colours.add((at(pixels, place), joint in passed))
    assert colours == {(BLACK, True), (WHITE, False)}


def test_each_strand_has_a_colour_of_its_own() -> None:
    strands, pixels = seen("card").last(Strands), shown(seen("card"), "strands")
    assert strands
    for number, strand in enumerate(strands):
        middle = (strand.points[10] + strand.points[11]) / 2
        assert at(pixels, middle) == hue(number)


@pytest.mark.parametrize(("stage", "sheet"), [("fit_curves", "curves"), ("refine", "refined")])
def test_curves_are_shown_with_their_nodes_and_handles(stage: str, sheet: str) -> None:
    wave = seen("wave", "fast")  # which leaves all nodes there are
    network: Network = wave.found[stage]
    pixels = shown(wave, sheet)
    (curve,) = network.curves
    for (a, b, c, d), is_line in zip(curve.controls, curve.is_line, strict=True):
        assert at(pixels, (a + 3 * b + 3 * c + d) / 8) == (ORANGE if is_line else BLUE)
    assert len(corners_of(curve)) >= 4
    for node in corners_of(curve):
        assert at(pixels, curve.nodes[node]) == RED
    for place in curve.nodes[curve.is_smooth]:
        assert at(pixels, place) == GREEN
    handles = curve.handles[~curve.is_line].reshape(-1, 2)
    assert GREY in {at(pixels, handle) for handle in handles}  # some may lie under a curve


def test_joints_are_where_strands_end() -> None:
    network: Network = seen("T").found["refine"]
    places = places_of(network)
    for strand, curve in zip(network.strands, network.curves, strict=True):
        for joint, node in zip(strand.ends or (), (0, -1), strict=False):
            assert np.hypot(*(places[joint] - curve.nodes[node])) < 0.02


def test_recognised_shapes_are_outlined() -> None:
    (form,) = seen("square").found["find_shapes"].values()
    assert at(shown(seen("square"), "shapes"), np.array([form.x, form.y - form.height / 2])) == TEAL


def test_what_runs_on_under_others_is_pink() -> None:
    analysis = seen("card")
    assert analysis.drawing
    assert analysis.drawing.paths == 3
    pixels = shown(analysis, "stacking")
    across = (pixels.shape[1] + 16) // 2
    down = pixels.shape[0] // 2
    pinkish = (np.abs(pixels.astype(int) - PINK).max(axis=-1) < 50).astype(int)
    panels = [pinkish[y * down : (y + 1) * down, x * across : (x + 1) * across].sum() for y in (0, 1) for x in (0, 1)]
    assert panels[0] > panels[1] > 1000  # all of the card lies on paper, some of the card under the square
    assert panels[2] == 0


def test_hundreds_of_shapes_share_panels() -> None:
    analysis = seen("card")
    many = tuple(Shape((Rectangle(1 + n % 60, 1 + n // 10, 2, 2),), Ink(n % 250, 9, 9)) for n in range(300))
    sheet = dict(sheets(replace(analysis, found={"stack": Drawing(SIZE, SIZE, many)})))["stacking"]
    assert sheet.image.width <= STEPS * SIZE
    assert sheet.image.height < 1.2 * STEPS * SIZE


def test_no_error_is_grey_and_its_sign_is_seen() -> None:
    analysis = seen("square")
    assert analysis.drawing
    exact = shown(analysis, "error")
    assert np.abs(exact.astype(int) - 128).max() <= 4
    paper = Shape((Rectangle(32, 32, SIZE, SIZE),), Ink(255, 255, 255))
    aside = Shape((Rectangle(28.25, 27, 40, 30),), Ink(17, 34, 68))
    moved = Drawing(SIZE, SIZE, (paper, aside))
    pixels = shown(replace(analysis, found={"stack": moved}, fitted=moved, drawing=moved), "error")
    assert at(pixels, np.array([8.5, 27])) == WHITE  # uncovered, so that paper shows
    assert at(pixels, np.array([48.5, 27])) == BLACK
    assert at(pixels, np.array([30.5, 27])) == GREY


def test_what_refinement_gained_is_told() -> None:
    sheet = dict(sheets(seen("wave")))["error"]
    (note,) = sheet.notes
    assert "as fitted" in note
    assert "as refined" in note


def test_the_result_is_shown_beside_the_pixels_it_was_made_from() -> None:
    analysis = seen("wave")
    pixels = shown(analysis, "result")
    left = pixels[:, : (pixels.shape[1] - 16) // 2]
    scale = left.shape[0] // (SIZE // 2)
    assert scale >= 8
    window = left[scale // 2 :: scale, scale // 2 :: scale]
    picture = analysis.picture.rgba[..., :3]
    windows = np.lib.stride_tricks.sliding_window_view(picture, (*window.shape[:2], 3))[:, :, 0]
    assert (windows == window).all(axis=(2, 3, 4)).any()


def test_small_pictures_are_enlarged_and_large_ones_stay_bounded() -> None:
    assert steps_for(64, 48, 1152) == 18
    assert steps_for(500, 400, 1152) == 4
    assert steps_for(1, 1, 1152) == 48
    assert steps_for(9000, 10, 1152) == 1


def test_a_caption_keeps_within_the_sheet() -> None:
    narrow = Image.new("RGB", (30, 10), "white")
    keys = tuple(Key("disc", RED, f"the meaning of mark number {number}") for number in range(6))
    sheet = Sheet(narrow, "A title", keys, ("A note that goes on and on. " * 8,)).captioned()
    pixels = np.asarray(sheet.convert("L"))
    assert sheet.width >= 480
    assert (pixels[:, -8:] == 255).all()
    assert (pixels[:, 12:-8] < 128).any()
