"""The baseline draws what vtracer draws, without its accidents."""

import numpy as np
import pytest
import vtracer

from svgai.drawing import Ink
from svgai.engine import baseline
from svgai.engine.baseline import trace_baseline
from svgai.engine.raster import draw
from svgai.engine.svg import write
from svgai.errors import TracingFailed
from svgai.options import Options
from svgai.picture import Picture
from tests import samples


def picture(image) -> Picture:
    return Picture(np.array(image.convert("RGBA")))


def drawn(source: Picture):
    return draw(write(trace_baseline(source, Options()), 3), source.width, source.height)


def test_it_is_vtracer_with_its_defaults():
    image = samples.logo(96)
    theirs = vtracer.convert_raw_image_to_svg(samples.encoded(image), img_format="png")
    ours = write(trace_baseline(picture(image), Options()), 4)
    difference = np.abs(draw(theirs, 96, 96).astype(int) - draw(ours, 96, 96).astype(int))
    assert difference.max() <= 8
    assert difference.mean() < 0.01


@pytest.mark.parametrize("holes", [[(0, 0, 3, 3)], [(40, 40, 60, 60)], [(90, 0, 96, 96)], [(0, 50, 96, 51)]])
def test_transparent_pixels_never_come_back_black(holes):
    """Under transparency there is black, mostly; vtracer alone would paint it where there is little of it."""
    rgba = np.array(samples.logo(96).convert("RGBA"))
    for left, top, right, bottom in holes:
        rgba[top:bottom, left:right] = 0
    back = drawn(Picture(rgba))
    dark = (back[..., :3].max(axis=-1) < 60) & (back[..., 3] > 128)
    assert not dark.any()


def test_a_transparent_background_stays_transparent():
    back = drawn(picture(samples.logo(96, transparent=True)))
    assert back[0, 0, 3] == back[-1, -1, 3] == 0
    assert back[50, 30, 3] == 255


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (2, 2), (3, 5)])
def test_a_picture_of_one_colour_is_one_rectangle_of_it(shape):
    drawing = trace_baseline(Picture(np.full((*shape, 4), (10, 20, 30, 128), np.uint8)), Options())
    assert [shape.ink for shape in drawing.shapes] == [Ink(10, 20, 30, 128 / 255)]
    assert drawing.shapes[0].forms[0].points.max(axis=0).tolist() == [shape[1], shape[0]]


@pytest.mark.parametrize("under", [(0, 0, 0), (255, 0, 9)])
def test_a_wholly_transparent_picture_is_an_empty_drawing(under):
    assert trace_baseline(Picture(np.full((9, 9, 4), (*under, 0), np.uint8)), Options()).shapes == ()


def test_the_picture_is_left_as_it_was():
    rgba = np.array(samples.logo(48, transparent=True))
    before = rgba.copy()
    trace_baseline(Picture(rgba), Options())
    assert (rgba == before).all()


class PanicException(BaseException):
    """As pyo3's: no Exception."""


@pytest.mark.parametrize("error", [PanicException("index out of bounds"), RuntimeError("no")])
def test_a_tracer_that_fails_or_panics_is_a_named_error(monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(baseline.vtracer, "convert_raw_image_to_svg", fail)
    with pytest.raises(TracingFailed, match="vtracer"):
        trace_baseline(picture(samples.logo(16)), Options())


def test_an_interrupt_is_not_taken_for_a_failure(monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(baseline.vtracer, "convert_raw_image_to_svg", interrupt)
    with pytest.raises(KeyboardInterrupt):
        trace_baseline(picture(samples.logo(16)), Options())
