"""What is drawn back is what a viewer would show."""

import io

import numpy as np
import pytest
import pyvips
import resvg_py
from PIL import Image

from svgai.engine.raster import draw
from svgai.errors import TracingFailed


def svg(inside: str, size: int = 8) -> str:
    root = f'xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" viewBox="0 0 {size} {size}"'
    return f"<svg {root}>{inside}</svg>"


def test_alpha_is_straight():
    pixels = draw(svg('<path fill="#ff8000" fill-opacity=".5" d="M0 0h8v4h-8z"/>'), 8, 8)
    assert np.abs(pixels[1, 1].astype(int) - (255, 128, 0, 128)).max() <= 1
    assert (pixels[6, 6] == 0).all()


def test_channels_are_red_green_blue():
    assert draw(svg('<path fill="#102030" d="M0 0h8v8h-8z"/>'), 8, 8)[0, 0].tolist() == [16, 32, 48, 255]


@pytest.mark.parametrize(("width", "height"), [(16, 16), (4, 4), (16, 8)])
def test_a_drawing_is_stretched_to_the_size_asked_for(width, height):
    pixels = draw(svg('<path fill="#f00" d="M0 0h4v8h-4z"/>'), width, height)
    assert pixels.shape == (height, width, 4)
    assert (pixels[:, : width // 2, 3] == 255).all()
    assert (pixels[:, width // 2 :, 3] == 0).all()


def test_three_renderers_agree():
    inside = (
        '<path fill="#c82040" d="M2 2c20-4 40 10 50 30l-30 20z"/>'
        '<path fill="#2040c8" fill-opacity=".5" d="M10 40h40v20h-40z"/>'
    )
    ours = draw(svg(inside, 64), 64, 64)
    resvg = np.array(Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg(inside, 64))))).convert("RGBA"))
    vips = pyvips.Image.svgload_buffer(svg(inside, 64).encode()).numpy()
    for other in (resvg, vips):
        assert np.abs(ours.astype(int) * (ours[..., 3:] > 0) - other.astype(int) * (other[..., 3:] > 0)).mean() < 1


def test_what_is_no_svg_is_not_drawn():
    with pytest.raises(TracingFailed):
        draw("hello", 8, 8)
