"""A drawing read back from its SVG text, which the guard has let out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Final
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

from svgai.drawing import COLOUR_NAMES, Ink
from svgai.errors import ExportTooLarge, ExportUnsupported
from svgai.exports.affine import Affine, read_transform, scaling, translation
from svgai.exports.artwork import Artwork, Contour, Figure, Pen
from svgai.exports.geometry import contours_of

_SVG = "{http://www.w3.org/2000/svg}"
_FARTHEST = 1_000_000_000
"""Pixels from the corner; beyond, readers of other formats lose count."""
_INHERITED: Final = {
    "fill": "#000",
    "fill-opacity": "1",
    "fill-rule": "nonzero",
    "stroke": "none",
    "stroke-opacity": "1",
    "stroke-width": "1",
    "stroke-linecap": "butt",
    "stroke-linejoin": "miter",
    "stroke-miterlimit": "4",
}


def read(svg: str, scale: float = 1) -> Artwork:
    """All that the drawing shows, so many times as large."""
    root = fromstring(svg)
    width, height = _size(root)
    onto = scaling(scale) @ _viewport(root, width, height)
    figures = tuple(_figures(root, onto, _INHERITED))
    _check_reach(figures)
    return Artwork(width * scale, height * scale, figures)


def read_size(svg: str) -> tuple[float, float]:
    """Width and height of the drawing in pixels."""
    return _size(fromstring(svg))


def _size(root: Element) -> tuple[float, float]:
    width, height = (float(root.get(side, 0)) for side in ("width", "height"))
    if not width or not height:
        raise ExportUnsupported("The drawing does not say how wide and high it is.")
    return width, height


def _viewport(root: Element, width: float, height: float) -> Affine:
    """How the view box comes to fill the drawing: in the middle, and as large as it can be."""
    x, y, across, down = map(float, root.get("viewBox", f"0 0 {width} {height}").split())
    if across <= 0 or down <= 0:
        raise ExportUnsupported(f"The drawing's view box has no size: it is {across:g} x {down:g}.")
    scale = min(width / across, height / down)
    middle = translation((width - scale * across) / 2, (height - scale * down) / 2)
    return middle @ scaling(scale) @ translation(-x, -y)


def _figures(element: Element, onto: Affine, above: Mapping[str, str]) -> Iterator[Figure]:
    """What an element and those in it show; `above` is the style that they inherit."""
    name = element.tag.removeprefix(_SVG)
    onto = onto @ read_transform(element.get("transform", ""))
    style = {key: element.get(key, value) for key, value in above.items()}
    if name in ("svg", "g"):
        if _share(element.get("opacity", "1")) < 1:
            raise ExportUnsupported("The drawing has a group that is half transparent, which this format lacks.")
        for each in element:
            yield from _figures(each, onto, style)
    elif name not in ("defs", "title"):
        yield from _painted(contours_of(name, element.attrib), onto, style, _share(element.get("opacity", "1")))


def _painted(contours: tuple[Contour, ...], onto: Affine, style: Mapping[str, str], opacity: float) -> Iterator[Figure]:
    fill, stroke = (_ink(style, paint, opacity) for paint in ("fill", "stroke"))
    if fill and stroke and opacity < 1:
        raise ExportUnsupported(
            "The drawing has a half transparent element with fill and stroke, which this format lacks."
        )
    placed = tuple(contour.under(onto) for contour in contours)
    filled = tuple(contour.closed() for contour in placed if contour.encloses)
    if fill and filled:
        yield Figure(filled, fill, is_even_odd=style["fill-rule"] == "evenodd")
    pen = _pen(style, onto)
    if stroke and placed and pen.width:
        yield Figure(placed, stroke, pen=pen)


def _pen(style: Mapping[str, str], onto: Affine) -> Pen:
    if style["stroke"] != "none" and not onto.keeps_angles:
        raise ExportUnsupported("The drawing has a stroke that is stretched, which this format lacks.")
    width = float(style["stroke-width"]) * onto.scale
    return Pen(width, style["stroke-linecap"], style["stroke-linejoin"], max(1.0, float(style["stroke-miterlimit"])))


def _ink(style: Mapping[str, str], paint: str, opacity: float) -> Ink | None:
    """What fills or strokes, unless nothing does."""
    colour, share = style[paint], opacity * _share(style[f"{paint}-opacity"])
    if colour == "none" or not share:
        return None
    if colour.startswith("url"):
        raise ExportUnsupported("The drawing has a gradient, which this format lacks here.")
    red, green, blue = _levels(colour)
    return Ink(red, green, blue, share)


def _levels(colour: str) -> bytes:
    digits = COLOUR_NAMES.get(colour, colour).removeprefix("#")
    return bytes.fromhex(digits if len(digits) == 6 else re.sub("(.)", r"\1\1", digits))


def _share(text: str) -> float:
    return min(1.0, float(text))


def _check_reach(figures: tuple[Figure, ...]) -> None:
    for extent in chain.from_iterable(map(_extents, figures)):
        if not extent <= _FARTHEST:  # so that what is no number is refused, too
            detail = f"The drawing reaches {extent:g} pixels far; the limit is {_FARTHEST:,}."
            raise ExportTooLarge(detail, limit=_FARTHEST, actual=extent)


def _extents(figure: Figure) -> Iterator[float]:
    yield figure.pen.width if figure.pen else 0
    for contour in figure.contours:
        for point in contour.points:
            yield abs(point.real)
            yield abs(point.imag)
