"""A drawing as pixels in a PNG file, transparent where nothing is drawn."""

from __future__ import annotations

import io

from svgai.errors import ExportTooLarge
from svgai.exports.reading import read_size
from svgai.options import Limits

_LONGEST_SIDE = 32_767
"""Pixels that Skia draws with soft edges."""


def write(svg: str, scale: float, limits: Limits) -> bytes:
    width, height = (max(1, round(side * scale)) for side in read_size(svg))
    _check("a side of", max(width, height), _LONGEST_SIDE)
    _check(f"{width:,} x {height:,} =", width * height, limits.max_pixels)
    return _encoded(svg, width, height)


def _check(what: str, pixels: int, limit: int) -> None:
    if pixels > limit:
        detail = f"The PNG would have {what} {pixels:,} pixels; the limit is {limit:,}. Take a smaller scale."
        raise ExportTooLarge(detail, limit=limit, actual=pixels)


def _encoded(svg: str, width: int, height: int) -> bytes:
    from PIL import Image

    from svgai.engine.raster import draw

    file = io.BytesIO()
    Image.fromarray(draw(svg, width, height)).save(file, "PNG")
    return file.getvalue()
