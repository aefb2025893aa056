"""What comes back from the service is drawn alike by every renderer that people meet it in."""

from __future__ import annotations

import io
import urllib.request

import numpy as np
import pytest
import pyvips
import resvg_py
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser

from tests.samples import logo_jpeg, logo_png

Drawn = NDArray[np.int16]
SIZE = 256
PICTURES = {"opaque": logo_png(SIZE), "transparent": logo_png(SIZE, transparent=True), "photo-like": logo_jpeg(SIZE)}


def by_chromium(svg: bytes, browser: Browser) -> Drawn:
    page = browser.new_page(viewport={"width": SIZE, "height": SIZE})
    page.set_content(f"<style>body{{margin:0}}svg{{display:block}}</style>{svg.decode()}")
    shot = page.screenshot()
    page.close()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"), np.int16)


def by_resvg(svg: bytes) -> Drawn:
    png = bytes(resvg_py.svg_to_bytes(svg_string=svg.decode()))
    return on_white(np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"), np.float64))


def by_librsvg(svg: bytes) -> Drawn:
    return on_white(pyvips.Image.svgload_buffer(svg).numpy().astype(np.float64))


def on_white(rgba: NDArray[np.float64]) -> Drawn:
    share = rgba[..., 3:] / 255
    return np.rint(rgba[..., :3] * share + 255 * (1 - share)).astype(np.int16)


@pytest.mark.parametrize("picture", PICTURES.values(), ids=list(PICTURES))
def test_resvg_librsvg_and_chromium_draw_it_alike(service_url: str, browser: Browser, picture: bytes) -> None:
    with urllib.request.urlopen(urllib.request.Request(f"{service_url}/api/v1/convert", picture)) as answer:
        svg = answer.read()
    original = on_white(np.asarray(Image.open(io.BytesIO(picture)).convert("RGBA"), np.float64))
    drawn = {"chromium": by_chromium(svg, browser), "resvg": by_resvg(svg), "librsvg": by_librsvg(svg)}
    for name, pixels in drawn.items():
        assert pixels.shape == (SIZE, SIZE, 3), name
        difference = np.abs(pixels - drawn["chromium"])
        assert difference.mean() < 1, name
        assert (difference.max(axis=2) > 48).mean() < 0.01, name
        assert np.abs(pixels - original).mean() < 5, f"{name} draws something else"
