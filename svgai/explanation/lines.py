"""Sheets of edges: boundaries, outlines, strands, curves, and the shapes that some of them are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import ImageDraw

from svgai.analysis import corners_of
from svgai.drawing import Circle, Ellipse, Form, Rectangle
from svgai.explanation.canvas import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, RED, TEAL, Canvas, Colour, hue
from svgai.explanation.sheet import Key, Sheet
from svgai.explanation.view import View
from svgai.regions import Boundaries, Edges, Outlines
from svgai.strands import Curve, Network, Primitives, Strands, along

_MOST_LABELS = 24
_RUNS: Final[Mapping[Edges, str]] = {
    Edges.SMOOTH: "really run",
    Edges.STAIRS: "most likely run: their stairs are made smooth",
    Edges.SQUARES: "run, from corner to corner",
}
_KINDS: Final[Mapping[type[Form], Colour]] = {Circle: PURPLE, Ellipse: RED, Rectangle: TEAL}


def show_boundaries(view: View, boundaries: Boundaries) -> Sheet:
    canvas = view.faded()
    for number, boundary in enumerate(boundaries):
        canvas.lines(boundary.points, hue(number))
    for boundary in boundaries:
        for place in () if boundary.is_ring else boundary.points[[0, -1]]:
            canvas.mark("disc", place, BLACK)
    regions = view.analysis.facts()["regions"]
    keys = (Key("line", hue(0), "a boundary, each in a colour of its own"), Key("disc", BLACK, "junction"))
    return Sheet(canvas.image(), f"{len(boundaries)} between {regions} regions", keys)


def show_outlines(view: View, outlines: Outlines) -> Sheet:
    canvas = view.faded()
    for number, outline in enumerate(outlines):
        canvas.lines(outline.points, hue(number), 1)
        for place in outline.points:
            canvas.mark("disc", place, hue(number), min(3, max(1.7, view.steps / 4)))
    keys = (Key("line", hue(0), "an outline"), Key("disc", hue(0), "where it crosses a row or a column of pixels"))
    return Sheet(canvas.image(), f"where the {len(outlines)} boundaries {_RUNS[outlines.edges]}", keys)


def show_strands(view: View, strands: Strands) -> Sheet:
    canvas = view.faded()
    for number, strand in enumerate(strands):
        canvas.lines(strand.points, hue(number), 4, is_ring=strand.is_ring)
    passed = {joint for strand in strands for joint in strand.joints}
    for joint, place in enumerate(strands.joints):
        canvas.mark("disc" if joint in passed else "hollow", place, BLACK, 7)
    return Sheet(
        canvas.image(),
        f"{len(strands)}, with {len(strands.joints)} joints",
        (
            Key("line", hue(0), "a strand, each in a colour of its own"),
            Key("disc", BLACK, "joint where one runs through"),
            Key("hollow", BLACK, "joint where all end"),
        ),
    )


def show_curves(view: View, network: Network) -> Sheet:
    canvas = view.faded()
    for curve in network.curves:
        _draw_handles(canvas, curve)
    for curve in network.curves:
        for controls, is_line in zip(curve.controls, curve.is_line, strict=True):
            canvas.cubic(controls, ORANGE if is_line else BLUE)
    for curve in network.curves:
        for place in curve.nodes[curve.is_smooth]:
            canvas.mark("disc", place, GREEN)
        for place in curve.nodes[corners_of(curve)]:
            canvas.mark("square", place, RED)
    for place, host in zip(places_of(network), network.hosts, strict=True):
        canvas.mark("disc" if host >= 0 else "hollow", place, BLACK)
    is_line = np.concatenate([np.zeros(0, np.bool_), *(curve.is_line for curve in network.curves)])
    keys = (
        Key("line", ORANGE, f"line ({int(is_line.sum())})"),
        Key("line", BLUE, f"cubic ({int((~is_line).sum())})"),
        Key("line", GREY, "handles"),
        Key("disc", GREEN, "smooth node"),
        Key("square", RED, "corner"),
        Key("disc", BLACK, "joint"),
        Key("hollow", BLACK, "joint where all end"),
    )
    return Sheet(canvas.image(), f"{len(network.curves)} curves of {len(is_line)} segments", keys)


def _draw_handles(canvas: Canvas, curve: Curve) -> None:
    for (first, one, other, last), is_line in zip(curve.controls, curve.is_line, strict=True):
        for node, handle in () if is_line else ((first, one), (last, other)):
            canvas.lines([node, handle], GREY, 1.5)
            canvas.mark("disc", handle, GREY, 3)


def places_of(network: Network) -> NDArray[np.float64]:
    """Where each joint is: on its host, or where the strands end."""
    places = network.strands.joints.copy()
    for strand, curve in zip(network.strands, network.curves, strict=True):
        for joint, node in zip(strand.ends or (), (0, -1), strict=False):
            places[joint] = curve.nodes[node]
    for joint in np.flatnonzero(network.hosts >= 0).tolist():
        segment, t = network.position(joint)
        places[joint] = along(network.curves[network.hosts[joint]].controls[segment], np.array([t]))[0]
    return places


def show_shapes(view: View, primitives: Primitives) -> Sheet:
    canvas = view.faded()
    strands = view.analysis.last(Strands)
    for strand in strands or ():
        canvas.lines(strand.points, GREY, 1.5, is_ring=strand.is_ring)
    for form in primitives.values():
        canvas.form(form, _KINDS[type(form)], 4)
        canvas.mark("disc", (form.x, form.y), _KINDS[type(form)], 4)
    image = canvas.image()
    pen = ImageDraw.Draw(image)
    labels: dict[tuple[int, int], list[str]] = defaultdict(list)
    for form in primitives.values() if len(primitives) <= _MOST_LABELS else ():
        labels[round(form.x), round(form.y)].append(_said(form))
    for (x, y), words in labels.items():
        place = x * view.steps, y * view.steps + 8
        text = "\n".join(words)
        pen.text(place, text, "black", anchor="ma", align="center", font_size=15, stroke_width=2, stroke_fill="white")
    kinds: Counter[type[Form]] = Counter(type(form) for form in primitives.values())
    keys = tuple(Key("line", colour, f"{kind.__name__.lower()} ({kinds[kind]})") for kind, colour in _KINDS.items())
    return Sheet(image, f"{len(primitives)} recognised", (*keys, Key("line", GREY, "strand")))


def _said(form: Circle | Ellipse | Rectangle) -> str:
    match form:
        case Circle(radius=radius):
            return f"radius {radius:.2f}"
        case Ellipse(rx=rx, ry=ry, turn=turn):
            return f"{rx:.2f} x {ry:.2f}" + _turn(turn)
        case Rectangle(width=width, height=height, radius=radius, turn=turn):
            return f"{width:.2f} x {height:.2f}" + (f", corners {radius:.2f}" if radius else "") + _turn(turn)


def _turn(turn: float) -> str:
    return f", turned {turn:.1f}°" if turn else ""
