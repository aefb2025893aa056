"""No method is ever worse than the baseline, and where the baseline stepped in, that is said."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import svgai
from bench.rendering import draw
from svgai.contest import Task, compete, enter, is_worse
from svgai.engine.guard import verify
from svgai.engine.raster import draw as drawn_back
from svgai.engine.score import measure
from svgai.errors import DrawingTooLarge, TracingFailed
from svgai.methods import TRACERS
from svgai.options import Limits, Options
from svgai.picture import Picture
from svgai.result import Quality
from svgai.tracing import NoDrawing
from tests import samples

OURS = [method for method in TRACERS if method != "baseline"]
LOGO = np.array(samples.logo(64))
NOISE = np.random.default_rng(5).integers(0, 256, (24, 24, 4), dtype=np.uint8)
GRAIN = np.random.default_rng(5).integers(0, 256, (200, 200, 4), dtype=np.uint8)

DOTS = draw(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" width="48" height="48">'
    '<path fill="#fff" d="M0 0h48v48H0z"/>'
    + "".join(f'<circle cx="{8 * x + 4.3}" cy="{8 * y + 3.8}" r="1.4"/>' for x in range(6) for y in range(6))
    + "</svg>",
    48,
    48,
)
"""Too small for the baseline, which leaves them out."""


def plainly(stage, /, *inputs):
    return stage(*inputs)


def task(rgba, **limits) -> Task:
    return Task(Picture(rgba), Options(), Limits(**limits), plainly)


def colours() -> st.SearchStrategy[str]:
    channel = st.integers(0, 255)
    return st.builds("rgb({},{},{})".format, channel, channel, channel)


@st.composite
def drawings(draw_one) -> str:
    """A few rectangles, discs and polygons in any inks, opaque or not, on something or nothing."""
    width, height = draw_one(st.integers(6, 48)), draw_one(st.integers(6, 48))
    place = st.floats(-5, 50).map(lambda value: round(value, 2))
    size = st.floats(0.5, 40).map(lambda value: round(value, 2))
    forms = st.one_of(
        st.builds('<rect x="{}" y="{}" width="{}" height="{}"'.format, place, place, size, size),
        st.builds('<circle cx="{}" cy="{}" r="{}"'.format, place, place, size),
        st.lists(place, min_size=6, max_size=12).map(lambda values: f'<polygon points="{" ".join(map(str, values))}"'),
    )
    alpha = st.one_of(st.just(1), st.floats(0.05, 1).map(lambda value: round(value, 2)))
    shape = st.builds('{} fill="{}" fill-opacity="{}"/>'.format, forms, colours(), alpha)
    shapes = draw_one(st.lists(shape, min_size=1, max_size=5))
    if draw_one(st.booleans()):
        shapes.insert(0, f'<rect width="{width}" height="{height}" fill="{draw_one(colours())}"/>')
    root = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {root}>{"".join(shapes)}</svg>'


def pixels_of(svg: str):
    root = ET.fromstring(svg)  # noqa: S314 - our own drawing
    return draw(svg, int(root.get("width", 0)), int(root.get("height", 0))).copy()


@settings(max_examples=50, deadline=None)
@given(drawings(), st.sampled_from(["fast", "optimised"]), st.booleans())
def test_any_drawing_comes_back_safe_unchanged_the_same_twice_and_never_worse_than_the_baseline(svg, method, cutout):
    pixels = pixels_of(svg)
    before = pixels.copy()
    result = svgai.convert(pixels, method=method, cutout=cutout)
    assert (pixels == before).all()
    assert verify(result.svg, Limits()) == result.svg
    root = ET.fromstring(result.svg)  # noqa: S314
    assert (int(root.get("width", 0)), int(root.get("height", 0))) == (pixels.shape[1], pixels.shape[0])
    assert svgai.convert(pixels, method=method, cutout=cutout).svg == result.svg
    baseline = svgai.convert(pixels, method="baseline")
    assert result.baseline_quality == baseline.quality
    assert result.quality.ssim >= baseline.quality.ssim
    assert result.quality.delta_e <= baseline.quality.delta_e
    assert (result.method, result.warnings) == (method, ()) or (result.method == "baseline" and result.warnings)


@settings(max_examples=3, deadline=None)
@given(drawings())
def test_the_most_thorough_method_keeps_the_same_promises(svg):
    pixels = pixels_of(svg)
    result = svgai.convert(pixels, method="refined")
    assert svgai.convert(pixels, method="refined").svg == result.svg
    assert not is_worse(result.quality, svgai.convert(pixels, method="baseline").quality)


@pytest.mark.parametrize("method", OURS)
def test_what_is_told_of_a_result_holds_for_its_svg(method):
    picture = Picture(LOGO)
    result = svgai.convert(picture.rgba, method=method)
    assert measure(drawn_back(result.svg, 64, 64), picture) == result.quality


@pytest.mark.parametrize("method", OURS)
def test_where_the_baseline_stepped_in_it_is_the_baselines_drawing_and_said_plainly(method):
    result = svgai.convert(GRAIN, method=method)
    assert result.method == "baseline"
    assert result.svg == svgai.convert(GRAIN, method="baseline").svg
    (warning,) = result.warnings
    assert method in warning
    assert "baseline" in warning


def test_a_worse_drawing_loses_and_is_told_with_its_figures():
    measured = []

    def spoiling(stage, /, *inputs):
        """The method's drawing, which is measured first, is made out to be worse than it is."""
        if stage is not measure:
            return stage(*inputs)
        measured.append(stage(*inputs) if measured else Quality(0.01234, 98.765))
        return measured[-1]

    outcome = compete("fast", replace(task(LOGO), run=spoiling))
    assert outcome.winner.method == "baseline"
    assert outcome.winner.quality == outcome.baseline_quality == measured[1]
    (warning,) = outcome.warnings
    figures = [float(figure) for figure in re.findall(r"\d+\.\d+", warning)]
    assert figures == pytest.approx([0.01234, measured[1].ssim, 98.765, measured[1].delta_e], abs=1e-3)


@pytest.mark.parametrize(
    ("best", "lost", "kept"),
    [
        (0.9, [0, 0, 0, 0], 3),
        (0.9, [0, 0.0009, 0.0017, 0.2], 1),
        (0.9, [0.1, 0, 0.002, 0.3], 1),
        (1.0, [0, 0.0009, 0.0029, 0.0031], 2),
        (0.998, [0, 0.0004, 0.0011, 0.0009], 3),
    ],
)
def test_of_the_drawings_that_a_method_comes_to_the_last_one_counts_unless_much_was_lost(best, lost, kept):
    written = []

    def losing(stage, /, *inputs):
        found = stage(*inputs)
        if stage is verify:
            written.append(found)
        return replace(found, ssim=best - lost[len(written) - 1]) if stage is measure else found

    candidate = enter("refined", replace(task(LOGO), run=losing))
    assert len(written) == len(lost)
    assert candidate.svg == written[kept]
    assert candidate.quality.ssim == best - lost[kept]


def test_a_drawing_on_the_way_may_be_too_large():
    written = []

    def choosy(stage, /, *inputs):
        if stage is verify:
            written.append(stage(*inputs))
            if len(written) == 1:
                raise DrawingTooLarge("too large")
            return written[-1]
        return stage(*inputs)

    assert enter("optimised", replace(task(LOGO), run=choosy)).svg == written[1]


@pytest.mark.parametrize("error", [NoDrawing(), TracingFailed("no luck")])
def test_a_method_that_finds_no_drawing_or_fails_leaves_it_to_the_baseline(error):
    def failing(stage, /, *inputs):
        if stage.__name__ == "stack":
            raise error
        return stage(*inputs)

    outcome = compete("fast", replace(task(LOGO), run=failing))
    assert outcome.winner.method == "baseline"
    assert "fast" in outcome.warnings[0]


def test_a_baseline_that_fails_leaves_it_to_the_method():
    def failing(stage, /, *inputs):
        if stage.__name__ == "trace_baseline":
            raise TracingFailed("vtracer panicked")
        return stage(*inputs)

    outcome = compete("fast", replace(task(LOGO), run=failing))
    assert (outcome.winner.method, outcome.baseline_quality) == ("fast", None)
    assert "vtracer panicked" in outcome.warnings[0]


def test_what_stops_a_conversion_stops_the_contest():
    def stopping(stage, /, *inputs):
        raise MemoryError

    with pytest.raises(MemoryError):
        compete("fast", replace(task(LOGO), run=stopping))


@pytest.mark.parametrize("picture", [DOTS, LOGO], ids=["dots", "logo"])
def test_of_two_drawings_of_which_one_is_too_large_the_other_wins(picture):
    sizes = {method: len(enter(method, task(picture)).svg) for method in ("fast", "baseline")}
    smaller = min(sizes, key=lambda method: sizes[method])
    outcome = compete("fast", task(picture, max_svg_bytes=max(sizes.values()) - 1))
    assert outcome.winner.method == smaller
    assert f"{max(sizes.values()):,} bytes" in outcome.warnings[0]
    assert (outcome.baseline_quality is None) == (smaller == "fast")


def test_two_drawings_that_are_too_large_are_an_error():
    with pytest.raises(DrawingTooLarge):
        compete("fast", task(NOISE, max_svg_bytes=100))


def test_the_baseline_is_asked_for_without_a_contest():
    outcome = compete("baseline", task(NOISE))
    assert (outcome.winner.method, outcome.baseline_quality, outcome.warnings) == ("baseline", None, ())


def test_worse_is_less_structure_or_more_colour_difference():
    quality = Quality(ssim=0.9, delta_e=1.0)
    assert not is_worse(quality, quality)
    assert not is_worse(Quality(0.91, 0.9), quality)
    assert is_worse(replace(quality, ssim=0.89999), quality)
    assert is_worse(replace(quality, delta_e=1.00001), quality)
    assert is_worse(Quality(0.99, 1.1), quality)
