"""An SVG drawn as pixels by Skia, to be measured against the picture it came from."""

from __future__ import annotations

import skia

from svgai.errors import TracingFailed
from svgai.picture import Pixels


def draw(svg: str, width: int, height: int) -> Pixels:
    """Draw an SVG, stretched to width x height pixels."""
    image = skia.SVGDOM.MakeFromStream(skia.MemoryStream(svg.encode(), True))
    if image is None:
        raise TracingFailed("The drawing cannot be drawn back.")
    natural = image.containerSize()
    surface = skia.Surface(width, height)
    canvas = surface.getCanvas()
    canvas.scale(width / natural.width(), height / natural.height())
    image.render(canvas)
    pixels: Pixels = surface.toarray(colorType=skia.kRGBA_8888_ColorType, alphaType=skia.kUnpremul_AlphaType)
    pixels.flags.writeable = False
    return pixels
