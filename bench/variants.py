"""How a drawing may be drawn, and what may have happened to the picture before it reaches the tracer."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np
from PIL import Image

from bench.rendering import Colours, Pixels, draw, on_white

Variant: TypeAlias = Callable[[str, int, int], Pixels]
"""From SVG text, a width and a height to pixels."""


def after(damage: Callable[[Pixels], Pixels]) -> Variant:
    """Drawn as usual, and then damaged."""
    return lambda svg, width, height: damage(draw(svg, width, height))


def stepped(svg: str, width: int, height: int) -> Pixels:
    """Drawn without smoothing, so that all edges are stairs."""
    return draw(svg.replace("<svg", '<svg shape-rendering="crispEdges"', 1), width, height)


def white(rgba: Pixels) -> Pixels:
    return _opaque(on_white(rgba))


def jpeg(quality: int) -> Callable[[Pixels], Pixels]:
    """Saved as JPEG, on white."""

    def saved(rgba: Pixels) -> Pixels:
        file = io.BytesIO()
        Image.fromarray(on_white(rgba)).save(file, "JPEG", quality=quality)
        return np.asarray(Image.open(file).convert("RGBA"))

    return saved


def noise(sigma: float) -> Callable[[Pixels], Pixels]:
    """The same noise each time, on white."""

    def noisy(rgba: Pixels) -> Pixels:
        values = on_white(rgba).astype(np.float32) + np.random.default_rng(7).normal(0, sigma, (*rgba.shape[:2], 3))
        return _opaque(np.clip(values, 0, 255).astype(np.uint8))

    return noisy


def enlarged(rgba: Pixels) -> Pixels:
    """A picture that was once half as big: soft edges, as found all over the web."""
    height, width = rgba.shape[:2]
    small = cv2.resize(on_white(rgba), (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return _opaque(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC))


def _opaque(colours: Colours) -> Pixels:
    return np.dstack([colours, np.full(colours.shape[:2], 255, np.uint8)])


VARIANTS: dict[str, Variant] = {
    "rgba": draw,
    "white": after(white),
    "stepped": stepped,
    "jpeg85": after(jpeg(85)),
    "jpeg50": after(jpeg(50)),
    "noise4": after(noise(4.0)),
    "enlarged2x": after(enlarged),
}
