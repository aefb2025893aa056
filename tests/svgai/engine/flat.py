"""Flat drawings whose truth is known: SVG drawn sixteen times as large and averaged, so that areas are exact."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import resvg_py
from PIL import Image

from svgai import Limits, Options
from svgai.conversion import plainly
from svgai.cover import Cover, Inks
from svgai.drawing import Drawing
from svgai.engine.coverage import unmix
from svgai.engine.inks import find_inks
from svgai.engine.mapping import find_boundaries, find_regions
from svgai.engine.outlines import find_outlines
from svgai.engine.raster import draw
from svgai.engine.strands import find_strands
from svgai.engine.svg import write
from svgai.files.intake import from_array
from svgai.picture import Picture
from svgai.regions import Regions
from svgai.strands import Strands
from svgai.tracing import trace_flat

FINE = 16


def svg(inside: str, width: int = 64, height: int = 64) -> str:
    root = f'xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return f"<svg {root}>{inside}</svg>"


def averaged(inside: str, width: int = 64, height: int = 64) -> np.ndarray:
    """The exact mean colour of each pixel, premultiplied."""
    large = draw(svg(inside, width, height), width * FINE, height * FINE).astype(np.float32)
    large[..., :3] *= large[..., 3:] / 255
    return cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA)


def pictured(inside: str, width: int = 64, height: int = 64) -> Picture:
    return of_areas(averaged(inside, width, height))


def of_areas(mixed: np.ndarray) -> Picture:
    """A picture of premultiplied colours."""
    alpha = mixed[..., 3:]
    straight = np.concatenate([mixed[..., :3] * 255 / np.maximum(alpha, 1e-9), alpha], axis=-1)
    return from_array(np.rint(np.clip(straight, 0, 255)).astype(np.uint8), Limits())


def mapped(picture: Picture, max_colors: int = 16) -> tuple[Inks, Cover, Regions, Strands]:
    """All stages up to strands."""
    inks = find_inks(picture, max_colors)
    cover = unmix(picture, inks)
    regions = find_regions(cover)
    outlines = find_outlines(find_boundaries(regions), regions, cover)
    return inks, cover, regions, find_strands(outlines, regions, cover, inks)


def traced(picture: Picture, method: str = "optimised", cutout: bool = False) -> Drawing:
    """The last drawing of a method."""
    *_, drawing = trace_flat(picture, Options(cutout=cutout), method, plainly)
    return drawing


def by_skia(text: str, width: int, height: int) -> np.ndarray:
    return draw(text, width, height)


def by_resvg(text: str, width: int, height: int) -> np.ndarray:
    data = bytes(resvg_py.svg_to_bytes(svg_string=text, width=width, height=height))
    return np.array(Image.open(io.BytesIO(data)).convert("RGBA"))


def watched(picture: Picture, stage: Callable[..., Any]) -> tuple[tuple[Any, ...], Any, Drawing]:
    """What goes into a stage of `optimised` when it runs last, what comes out, and the drawing in the end."""
    seen: list[tuple[tuple[Any, ...], Any]] = []

    def run(each: Callable[..., Any], *inputs: Any) -> Any:
        found = each(*inputs)
        if each is stage:
            seen.append((inputs, found))
        return found

    *_, drawing = trace_flat(picture, Options(), "optimised", run)
    return *seen[-1], drawing


def text_of(drawing: Drawing) -> str:
    return write(drawing, 3)
