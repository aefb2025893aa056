"""Letters as outlines, from fonts that come with pip packages: Pillow's own, and Pimoroni's packages of free fonts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import skia
from PIL import ImageFont

from svgai.training.drawings.page import Point, pair
from svgai.training.missing import not_installed

PILLOW = ""
"""The package of the font that Pillow brings along (Aileron)."""

FACES: tuple[tuple[str, str], ...] = (
    (PILLOW, "Aileron"),
    ("font_caladea", "Caladea-Regular.ttf"),
    ("font_caladea", "Caladea-BoldItalic.ttf"),
    ("font_source_serif_pro", "SourceSerifPro-Black.otf"),
    ("font_source_serif_pro", "SourceSerifPro-Light.otf"),
    ("font_source_serif_pro", "SourceSerifPro-It.otf"),
    ("font_hanken_grotesk", "HankenGrotesk-Bold.otf"),
    ("font_hanken_grotesk", "HankenGrotesk-Medium.otf"),
    ("font_hanken_grotesk", "HankenGrotesk-Light.otf"),
    ("font_hanken_grotesk", "HankenGrotesk-SemiBoldItalic.otf"),
    ("font_fredoka_one", "FredokaOne-Regular.ttf"),
    ("font_amatic_sc", "AmaticSC-Bold.ttf"),
    ("font_amatic_sc", "AmaticSC-Regular.ttf"),
    ("font_intuitive", "Intuitive.ttf"),
)
"""Package and file of each: sans, serif, rounded and handwritten, light to black."""

_UNITS = 1000.0

Move = Callable[[Point], Point]


@dataclass(frozen=True)
class Line:
    """A line of letters, with its baseline at y = 0 and its left end at x = 0."""

    letters: tuple[str, ...]
    """An outline each; spaces have none."""
    width: float


def line(text: str, face: tuple[str, str], size: float, spacing: float = 0.0, move: Move = lambda at: at) -> Line:
    """Set a text; `spacing` is added between letters as a part of the size, and `move` bends the outlines."""
    font = _font(face)
    glyphs = font.textToGlyphs(text)
    scale, x, letters = size / _UNITS, 0.0, []
    for glyph, width in zip(glyphs, font.getWidths(glyphs), strict=True):
        outline = _outline(font.getPath(glyph), scale, x, move)
        letters += [outline] if outline else []
        x += width * scale + spacing * size
    return Line(tuple(letters), x - spacing * size)


def _outline(glyph: skia.Path, scale: float, x: float, move: Move) -> str:
    """A glyph as path data; y grows downwards in both."""
    text = ""
    for verb, points in glyph:
        moved = [pair(move((x + point.x() * scale, point.y() * scale))) for point in points]
        if verb == skia.Path.Verb.kMove_Verb:
            text += f"M{moved[0]}"
        elif verb == skia.Path.Verb.kLine_Verb:
            text += f"L{moved[1]}"
        elif verb == skia.Path.Verb.kQuad_Verb:
            text += f"Q{moved[1]} {moved[2]}"
        elif verb == skia.Path.Verb.kCubic_Verb:
            text += f"C{moved[1]} {moved[2]} {moved[3]}"
        elif verb == skia.Path.Verb.kClose_Verb:
            text += "z"
    return text


@cache
def _font(face: tuple[str, str]) -> skia.Font:
    font = skia.Font(skia.Typeface.MakeFromData(skia.Data.MakeWithCopy(_bytes(*face))), _UNITS)
    font.setHinting(skia.FontHinting.kNone)
    font.setSubpixel(True)
    font.setLinearMetrics(True)
    return font


def _bytes(package: str, file: str) -> bytes:
    if package == PILLOW:
        return bytes(getattr(ImageFont.load_default(12), "font_bytes"))  # noqa: B009 - unknown to the type stubs
    try:
        return (files(package) / "files" / file).read_bytes()
    except ModuleNotFoundError as error:
        raise not_installed(package.replace("_", "-")) from error
