"""Flat drawings come back from their pixels, whatever they are, and what is no drawing is owned up to."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svgai import Limits, Options
from svgai.conversion import plainly
from svgai.drawing import Drawing, Path
from svgai.engine.raster import draw
from svgai.files.intake import from_array
from svgai.picture import Picture
from svgai.tracing import NoDrawing, is_grain, trace_flat
from tests.svgai.engine.flat import by_skia, pictured, svg, text_of, traced

METHODS = ("fast", "optimised", "refined")
WHITE = '<path fill="#fff" d="M0 0h64v64H0z"/>'
SEED_COLOURS = np.array(
    [(0, 0, 0, 0), (200, 30, 60, 255), (20, 60, 200, 255), (255, 255, 255, 255), (30, 150, 70, 128)]
)

numbers = st.floats(-3, 27).map(lambda value: round(value, 2))
points = st.tuples(numbers, numbers).map(lambda point: f"{point[0]} {point[1]}")
colours = st.sampled_from(["#c81e3c", "#143cc8", "#1e9646", "#f0b400", "#000", "#fff"])
opacities = st.sampled_from([1, 1, 1, 0.5])


def filled(data: str, colour: str, opacity: float) -> str:
    return f'<path fill="{colour}" fill-opacity="{opacity}" d="{data}"/>'


polygons = st.lists(points, min_size=3, max_size=6).map(lambda each: f"M{'L'.join(each)}z")
bows = st.lists(points, min_size=6, max_size=6).map(
    lambda each: f"M{each[0]}C{' '.join(each[1:4])}S{each[4]} {each[5]}z"
)
boxes = st.tuples(*[st.integers(0, 23)] * 4).map(lambda n: f"M{n[0]} {n[1]}H{n[2] + 1}V{n[3] + 1}H{n[0]}z")
shapes = st.builds(filled, polygons | bows | boxes, colours, opacities)
papers = st.sampled_from(["", '<path fill="#fff" d="M0 0h99v99H0z"/>'])
drawings = st.builds(lambda paper, parts: paper + "".join(parts), papers, st.lists(shapes, min_size=1, max_size=5))


def traced_or_not(picture: Picture, method: str, *, cutout: bool = False) -> Drawing | None:
    try:
        return traced(picture, method, cutout)
    except NoDrawing:
        return None


def check(picture: Picture, method: str, *, cutout: bool = False) -> None:
    """A drawing is finite, within reach of the picture, drawable, and the same each time."""
    before = picture.rgba.copy()
    one, other = (traced_or_not(picture, method, cutout=cutout) for _ in range(2))
    assert np.array_equal(picture.rgba, before)
    assert (one is None) == (other is None)
    if one is None:
        return
    assert (one.width, one.height) == (picture.width, picture.height)
    assert text_of(one) == text_of(other)
    for shape in one.shapes:
        for form in shape.forms:
            if isinstance(form, Path):
                assert np.abs(form.points - (picture.width / 2, picture.height / 2)).max() < 200
    assert by_skia(text_of(one), picture.width, picture.height).shape == picture.rgba.shape


@given(drawings, st.integers(1, 24), st.integers(1, 24), st.sampled_from(METHODS), st.booleans())
@settings(max_examples=120, deadline=None)
def test_any_drawing_is_traced_alike_each_time(inside: str, width: int, height: int, method: str, cutout: bool) -> None:
    check(pictured(inside, width, height), method, cutout=cutout)


@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.integers(0, 4)))
@settings(max_examples=120, deadline=None)
def test_any_few_pixels_of_a_few_inks_are_traced(inks: np.ndarray) -> None:
    check(from_array(SEED_COLOURS[inks].astype(np.uint8), Limits()), "optimised")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["clear", "one ink", "half clear", "two inks", "noise"])
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (2, 2), (3, 3), (2, 7), (8, 8)], ids=str)
def test_odd_sizes_are_traced_or_refused(size: tuple[int, int], kind: str, method: str) -> None:
    pixels = np.zeros((*size, 4), np.uint8)
    if kind == "noise":
        pixels = np.random.default_rng(1).integers(0, 256, pixels.shape, np.uint8)
    elif kind != "clear":
        pixels[:] = (200, 30, 60, 128 if kind == "half clear" else 255)
    if kind == "two inks":
        pixels[: size[0] // 2 + 1, : size[1] // 2] = (0, 0, 0, 255)
    check(from_array(pixels, Limits()), method)


def test_nothing_is_nothing_and_one_ink_is_one_rectangle() -> None:
    assert traced(pictured("")).shapes == ()
    (shape,) = traced(pictured('<path fill="#c81e3c" d="M0 0h64v64H0z"/>')).shapes
    assert text_of(Drawing(64, 64, (shape,))).count("<rect") == 1


def test_what_is_no_flat_drawing_is_owned_up_to() -> None:
    noise = np.random.default_rng(2).integers(0, 256, (200, 200, 4), np.uint8)
    with pytest.raises(NoDrawing):
        list(trace_flat(from_array(noise, Limits()), Options(), "optimised", plainly))


def test_many_regions_are_grain_where_they_are_small() -> None:
    def picture(side: int) -> Picture:
        return Picture(np.zeros((side, side, 4), np.uint8))

    assert not is_grain(4_000, picture(64))
    assert is_grain(4_001, picture(894))
    assert not is_grain(4_001, picture(895))
    assert not is_grain(8_000, picture(4_096))
    assert is_grain(8_001, picture(4_096))


def test_every_stage_goes_through_run() -> None:
    called: list[str] = []

    def run(stage: Callable[..., Any], /, *inputs: Any) -> Any:
        called.append(stage.__name__)
        return stage(*inputs)

    list(trace_flat(pictured(WHITE + '<circle cx="30" cy="31" r="12" fill="#c81e3c"/>'), Options(), "optimised", run))
    assert called[:2] == ["find_inks", "unmix"]
    assert called[-1] == "stack"
    assert {"find_regions", "find_outlines", "find_strands", "fit_curves", "refine"} <= set(called)


def test_optimised_is_nearer_to_the_picture_than_fast_and_not_longer_by_much() -> None:
    inside = WHITE + '<path fill="#c81e3c" d="M14 20C22 4 48 8 52 24S46 54 34 52 28 40 20 40 8 32 14 20z"/>'
    fast, optimised = (text_of(traced(pictured(inside), method)) for method in ("fast", "optimised"))
    truth = by_skia(svg(inside), 512, 512).astype(float)
    errors = [np.abs(by_skia(text, 512, 512) - truth).sum() for text in (fast, optimised)]
    assert errors[1] <= errors[0]
    assert len(optimised) < 1.1 * len(fast)


def test_a_seam_that_a_viewer_left_in_the_picture_is_not_drawn() -> None:
    halves = '<path fill="#c81e3c" d="M8 8h20L38 56H8z"/><path fill="#143cc8" d="M28 8H56V56H38z"/>'
    picture = from_array(draw(svg(WHITE + halves), 64, 64), Limits())
    drawing = traced(picture)
    assert len(drawing.shapes) == 3
    shown = by_skia(text_of(drawing), 512, 512)[100:400].astype(int)
    middle = shown[:, 100:400]
    assert middle[..., 1].max() <= 64  # green is 30 and 60 in the two inks, 255 in what shone through


INK = (20, 60, 200)
CORNER = '<path fill="#143cc8" d="M2 2h9v9H2z"/>'


def line(width: float, degrees: float, middle: tuple[float, float], half: float = 20.0) -> str:
    along = half * np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))])
    across = width / 2 * np.array([-along[1], along[0]]) / half
    ends = np.array([-along - across, along - across, along + across, across - along]) + middle
    return f'<path fill="#143cc8" d="M{"L".join(f"{x:.4f} {y:.4f}" for x, y in ends)}z"/>'


def widths_along(text: str, degrees: float, middle: tuple[float, float], ink: tuple[int, int, int]) -> np.ndarray:
    """How wide a line is, in pixels of its ink, at places along it, measured across."""
    pixels = by_skia(text, 512, 512).astype(float)
    along = np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))])
    across = np.array([-along[1], along[0]])
    places = np.linspace(-16, 16, 65)[:, None, None] * along + np.linspace(-3, 3, 241)[:, None] * across + middle
    x, y = (np.clip((places * 8).astype(int), 0, 511)).transpose(2, 0, 1)
    return (255 - pixels[y, x, 0]).sum(axis=1) / (255 - ink[0]) * 6 / 241


@pytest.mark.parametrize("degrees", [0.0, 0.7, 13.0, 31.0, 45.0, 66.0, 89.5, 90.0, 118.0, 161.0])
@pytest.mark.parametrize("width", [1.0, 0.5, 0.4])
def test_a_thin_line_runs_unbroken_as_wide_as_it_was(width: float, degrees: float) -> None:
    random = np.random.default_rng(round(10 * degrees + 100 * width))
    middle = (36 + random.uniform(-1, 1), 36 + random.uniform(-1, 1))
    drawing = traced(pictured(WHITE + CORNER + line(width, degrees, middle)))
    inks = {(shape.ink.red, shape.ink.green, shape.ink.blue) for shape in drawing.shapes}
    assert inks == {(255, 255, 255), INK}
    widths = widths_along(text_of(drawing), degrees, middle, INK)
    assert widths.min() > width - 0.2
    assert widths.mean() == pytest.approx(width, abs=0.05)
    assert np.quantile(np.abs(widths - width), 0.9) < 0.15


@pytest.mark.parametrize("degrees", [0.0, 13.0, 45.0, 90.0, 118.0])
@pytest.mark.parametrize("width", [1.0, 0.5, 0.4])
def test_where_no_pixel_shows_a_thin_lines_ink_it_is_as_dark_in_all(width: float, degrees: float) -> None:
    random = np.random.default_rng(round(10 * degrees + 100 * width))
    middle = (32 + random.uniform(-1, 1), 32 + random.uniform(-1, 1))
    drawing = traced(pictured(WHITE + line(width, degrees, middle)))
    assert len(drawing.shapes) == 2
    darkness = widths_along(text_of(drawing), degrees, middle, INK)
    assert darkness.min() > 0.6 * width
    assert darkness.mean() == pytest.approx(width, abs=0.06)
    ink = drawing.shapes[-1].ink
    assert ink.blue > ink.green > ink.red
