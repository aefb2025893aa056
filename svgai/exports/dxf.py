"""Artwork as outlines in a DXF: a layer for each colour, millimetres, y upwards.

Curves are splines with the control points of their cubics, so nothing is lost; circles are circles, and what has
only lines is a polyline.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, count
from typing import Final

from svgai.drawing import Ink
from svgai.exports.affine import Affine
from svgai.exports.artwork import Artwork, Contour
from svgai.exports.dxf_colours import nearest_index
from svgai.exports.dxf_frame import MODEL_SPACE, Lines, file, layer, number, place

_MILLIMETRES_OF_A_PIXEL: Final = 25.4 / 96
_ROUND_WITHIN = 0.0005
"""Millimetres that a circle may be out of round."""
_LEAST_OF_A_CIRCLE = 4
_FIRST_HANDLE = 0x100
_IS_PLANAR = 8
_DEGREE = 3


def write(artwork: Artwork) -> bytes:
    handles = count(_FIRST_HANDLE)
    inks = {_layer_name(figure.ink): figure.ink for figure in artwork.figures}
    layers = [layer(next(handles), name, _colours(ink)) for name, ink in inks.items()]
    outlines = (_outline(next(handles), name, contour) for name, contour in _placed(artwork))
    next_handle = _FIRST_HANDLE + len(layers) + sum(len(figure.contours) for figure in artwork.figures)
    width, height = (side * _MILLIMETRES_OF_A_PIXEL for side in (artwork.width, artwork.height))
    return file(width, height, layers, outlines, next_handle)


def _layer_name(ink: Ink) -> str:
    return f"{ink.red:02X}{ink.green:02X}{ink.blue:02X}"


def _colours(ink: Ink) -> Lines:
    """The nearest of those that all readers know, and the true one."""
    levels = (ink.red, ink.green, ink.blue)
    return [f"62 {nearest_index(levels)}", f"420 {int(_layer_name(ink), 16)}"]


def _placed(artwork: Artwork) -> Iterator[tuple[str, Contour]]:
    upright = Affine(0, _MILLIMETRES_OF_A_PIXEL, 1j * artwork.height * _MILLIMETRES_OF_A_PIXEL)
    for figure in artwork.figures:
        for contour in figure.contours:
            yield _layer_name(figure.ink), contour.under(upright)


def _outline(handle: int, layer_name: str, contour: Contour) -> Lines:
    kind, shape = _shape(contour)
    return [f"0 {kind}", f"5 {handle:X}", f"330 {MODEL_SPACE}", "100 AcDbEntity", f"8 {layer_name}", *shape]


def _shape(contour: Contour) -> tuple[str, Lines]:
    circle = _circle(contour)
    if circle:
        centre, radius = circle
        return "CIRCLE", ["100 AcDbCircle", *place(centre), f"40 {number(radius)}"]
    if all(len(segment) == 1 for segment in contour.segments):
        return "LWPOLYLINE", _polyline(contour)
    return "SPLINE", _spline(contour)


def _circle(contour: Contour) -> tuple[complex, float] | None:
    """Centre and radius, if that is what the cubics draw: seen at their ends and in their middles."""
    is_round = contour.is_closed and all(len(segment) > 1 for segment in contour.segments)
    if not is_round or len(contour.segments) < _LEAST_OF_A_CIRCLE:
        return None
    nodes = [segment[-1] for segment in contour.segments]
    centre = sum(nodes) / len(nodes)
    distances = [abs(point - centre) for point in chain(nodes, _middles(contour))]
    return (centre, distances[0]) if max(distances) - min(distances) < _ROUND_WITHIN else None


def _middles(contour: Contour) -> Iterator[complex]:
    begin = contour.start
    for first, second, end in contour.segments:
        yield (begin + 3 * (first + second) + end) / 8
        begin = end


def _polyline(contour: Contour) -> Lines:
    """One that is closed comes back to its first point without being told."""
    points = list(contour.points)
    if contour.is_closed:
        points.pop()
    places = chain.from_iterable(place(point)[:2] for point in points)
    return ["100 AcDbPolyline", f"90 {len(points)}", f"70 {int(contour.is_closed)}", *places]


def _spline(contour: Contour) -> Lines:
    """Cubics one after the other; a knot that is there three times lets a corner be."""
    points = list(_control_points(contour))
    pieces = len(contour.segments)
    inner = [knot for knot in range(1, pieces) for _ in range(_DEGREE)]
    knots = [*[0] * (_DEGREE + 1), *inner, *[pieces] * (_DEGREE + 1)]
    counts = [f"70 {_IS_PLANAR}", f"71 {_DEGREE}", f"72 {len(knots)}", f"73 {len(points)}", "74 0"]
    values = [*(f"40 {knot}.0" for knot in knots), *chain.from_iterable(map(place, points))]
    return ["100 AcDbSpline", *("210 0.0", "220 0.0", "230 1.0"), *counts, *values]


def _control_points(contour: Contour) -> Iterator[complex]:
    """A line is a cubic whose handles divide it into three."""
    begin = contour.start
    yield begin
    for segment in contour.segments:
        end = segment[-1]
        yield from segment if len(segment) > 1 else ((2 * begin + end) / 3, (begin + 2 * end) / 3, end)
        begin = end
