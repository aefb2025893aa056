"""Artwork in the operators of PDF, which PostScript can be taught; a point of these is 1/72 inch, a pixel 1/96."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from svgai.drawing import Ink
from svgai.exports.artwork import Artwork, Contour, Figure, Pen, Segment

POINTS_OF_A_PIXEL: Final = 72 / 96

_CAPS = {"butt": 0, "round": 1, "square": 2}
_JOINS = {"miter": 0, "round": 1, "bevel": 2}
_END_OF = {1: "l", 3: "c"}


def page_size(artwork: Artwork) -> tuple[float, float]:
    """Width and height in points."""
    return artwork.width * POINTS_OF_A_PIXEL, artwork.height * POINTS_OF_A_PIXEL


def operators(artwork: Artwork) -> Iterator[str]:
    """One a line, from the coordinate system to the last figure."""
    _, height = page_size(artwork)
    yield f"{POINTS_OF_A_PIXEL} 0 0 {-POINTS_OF_A_PIXEL} 0 {number(height)} cm"
    before: list[str] = []
    for figure in artwork.figures:
        settings = [*_ink(figure), *_pen(figure.pen)]
        yield from (setting for setting in settings if setting not in before)
        yield from _outline(figure)
        yield _paint(figure)
        before = settings


def opacity_name(ink: Ink) -> str:
    """What a page calls an opacity; to a thousandth, as in SVG."""
    return f"a{round(ink.opacity * 1000)}"


def number(value: float) -> str:
    """To a thousandth of a pixel or point, as short as it can be."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _ink(figure: Figure) -> Iterator[str]:
    ink = figure.ink
    levels = " ".join(number(level / 255) for level in (ink.red, ink.green, ink.blue))
    yield f"{levels} {'RG' if figure.pen else 'rg'}"
    yield f"/{opacity_name(ink)} gs"


def _pen(pen: Pen | None) -> Iterator[str]:
    if pen:
        yield f"{number(pen.width)} w"
        yield f"{_CAPS[pen.cap]} J"
        yield f"{_JOINS[pen.join]} j"
        yield f"{number(pen.miter_limit)} M"


def _outline(figure: Figure) -> Iterator[str]:
    for contour in figure.contours:
        yield f"{_places([contour.start])} m"
        for segment in _told(contour):
            yield f"{_places(segment)} {_END_OF[len(segment)]}"
        if contour.is_closed:
            yield "h"


def _told(contour: Contour) -> tuple[Segment, ...]:
    """All but a last line that closing draws."""
    is_implied = contour.is_closed and len(contour.segments[-1]) == 1
    return contour.segments[:-1] if is_implied else contour.segments


def _paint(figure: Figure) -> str:
    if figure.pen:
        return "S"
    return "f*" if figure.is_even_odd else "f"


def _places(points: Iterable[complex]) -> str:
    return " ".join(f"{number(point.real)} {number(point.imag)}" for point in points)
