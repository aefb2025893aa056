"""Sheets of the drawing: how its shapes lie on each other, what is wrong with it, and how it looks up close."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from svgai.analysis import corners_of
from svgai.drawing import Drawing, Form, Path, Shape
from svgai.engine.raster import draw
from svgai.engine.svg import write
from svgai.explanation.canvas import BLACK, GREY, PINK, WHITE, Canvas, Colours, on, on_checks
from svgai.explanation.lines import places_of
from svgai.explanation.sheet import Key, Sheet
from svgai.explanation.view import View
from svgai.picture import Pixels
from svgai.strands import Network

_GAP = 16
_PRECISION = 3
_GAIN = 4
"""How many times stronger errors are shown than they are."""
_FINER, _MOST_FINE = 8, 4096
_MOST_PANELS, _COLUMNS = 16, 4
_DETAIL: Final = (16, 64)
"""Pixels of the picture that the detail is wide, least and most."""


def show_stacking(view: View, drawing: Drawing) -> Sheet:
    """Panels in painter's order: in each what is painted there, and how much of it others are painted over."""
    width, height = view.size
    groups = np.array_split(np.arange(drawing.paths), max(1, min(_MOST_PANELS, drawing.paths)))
    columns = min(_COLUMNS, max(2, math.ceil(math.sqrt(len(groups)))))
    scale = (view.steps * width - (columns - 1) * _GAP) / (columns * width)
    size = max(1, round(scale * width)), max(1, round(scale * height))
    across, down = size[0] + _GAP, size[1] + 2 * _GAP
    image = Image.new("RGB", (columns * across - _GAP, math.ceil(len(groups) / columns) * down), "white")
    pen = ImageDraw.Draw(image)
    ghost = _ghost(drawing, size)
    for place, group in enumerate(groups):
        first, last = (int(group[0]), int(group[-1]) + 1) if len(group) else (0, 0)
        x, y = place % columns * across, place // columns * down
        mine, later = (_drawn(drawing, shapes, size) for shapes in (drawing.shapes[first:last], drawing.shapes[last:]))
        image.paste(Image.fromarray(_panel(ghost, mine, later)), (x, y))
        words = f"{last}" if last - first < 2 else f"{first + 1} to {last}"
        pen.text((x, y + size[1] + 4), words, "black", font_size=16)
    keys = (Key("patch", (225, 225, 225), "seen in the end"), Key("hatched", PINK, "runs on under others"))
    return Sheet(image, f"{drawing.paths} shapes, the lowest first", keys)


def _ghost(drawing: Drawing, size: tuple[int, int]) -> Colours:
    """The whole drawing, hardly to be seen, for a panel to be drawn on."""
    whole = on(_drawn(drawing, drawing.shapes, size), WHITE)
    return np.asarray(whole // 8 + 222, np.uint8)


def _panel(ghost: Colours, mine: Pixels, later: Pixels) -> Colours:
    """What is painted, pink where it will be hidden: mere stripes would be lost where it runs on but a little."""
    alpha = mine[..., 3:] / 255.0
    rows, columns = np.indices(mine.shape[:2])
    is_hidden, is_striped = later[..., 3] > 127, (rows + columns) // 4 % 2 == 0
    strength = np.where(is_hidden, np.where(is_striped, 0.85, 0.4), 0)[..., None]
    colour = mine[..., :3] * (1 - strength) + np.array(PINK) * strength
    panel = np.rint(colour * alpha + ghost * (1 - alpha)).astype(np.uint8)
    panel[_rim(mine[..., 3] > 127) & ~is_hidden] = 70
    panel[[0, -1]] = panel[:, [0, -1]] = 190
    return np.asarray(panel, np.uint8)


def _rim(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The outermost pixels of what is inside."""
    return np.asarray(inside & (cv2.erode(inside.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0))


def show_error(view: View, drawing: Drawing) -> Sheet:
    """Drawing minus picture: of the curves as they were fitted, and as they are now."""
    width, height = view.size
    fitted = view.analysis.fitted
    compared = {"as refined": drawing} if fitted is None else {"as fitted": fitted, "as refined": drawing}
    if fitted is not None and _said_alike(fitted, drawing):
        compared = {"as fitted": drawing}
    picture = on(view.analysis.picture.rgba, GREY).astype(np.float64)
    scale = max(1, view.steps // len(compared))
    image = Image.new("RGB", (len(compared) * (scale * width + _GAP) - _GAP, scale * height), "white")
    notes = []
    for number, (name, each) in enumerate(compared.items()):
        error = _as_pixels(each) - picture
        shown = np.clip(np.rint(128 + _GAIN * error), 0, 255).astype(np.uint8)
        image.paste(Canvas(shown, scale).image(), (number * (scale * width + _GAP), 0))
        notes.append(f"{name}: {math.sqrt((error**2).mean()):.2f} of 255")
    place = f"Left {notes[0]}, right {notes[1]}" if len(notes) > 1 else notes[0].capitalize()
    return Sheet(
        image,
        f"drawing minus picture, times {_GAIN}",
        (Key("patch", GREY, "none"), Key("patch", WHITE, "too light"), Key("patch", BLACK, "too dark")),
        (f"{place} (root of the mean square).",),
    )


def _as_pixels(drawing: Drawing) -> NDArray[np.float64]:
    """What the drawing's pixels should be: areas are measured by drawing it larger, for Skia's are not exact."""
    width, height = drawing.width, drawing.height
    finer = max(1, min(_FINER, _MOST_FINE // max(width, height)))
    large = on(_drawn(drawing, drawing.shapes, (finer * width, finer * height)), GREY)
    return np.asarray(large.reshape(height, finer, width, finer, 3).mean(axis=(1, 3)))


def _said_alike(one: Drawing, other: Drawing) -> bool:
    return write(one, _PRECISION) == write(other, _PRECISION)


def show_result(view: View, drawing: Drawing) -> Sheet:
    """The detail where most happens: the picture's pixels, and the drawing as sharp as the sheet."""
    width, height = view.size
    side = min(max(width, height), max(_DETAIL[0], min(_DETAIL[1], max(width, height) // 2)))
    x, y = _liveliest(view, side)
    seen_width, seen_height = min(side, width), min(side, height)
    scale = max(8, view.steps * max(width, height) // (2 * side))
    pixels = on_checks(view.analysis.picture.rgba[y : y + seen_height, x : x + seen_width])
    part = _moved(drawing, -x, -y, seen_width, seen_height)
    sharp = on_checks(_drawn(part, part.shapes, (scale * seen_width, scale * seen_height)), 8 * scale)
    image = Image.new("RGB", (2 * scale * seen_width + _GAP, scale * seen_height), "white")
    image.paste(Canvas(pixels, scale).image(), (0, 0))
    image.paste(Image.fromarray(sharp), (scale * seen_width + _GAP, 0))
    title = f"{scale} times enlarged, left the picture's pixels, right the drawing"
    return Sheet(image, title, notes=(f"{drawing.paths} shapes, {drawing.segments} segments in all.",))


def _liveliest(view: View, side: int) -> tuple[int, int]:
    """The left upper corner of the window of that side with most nodes, corners and joints."""
    width, height = view.size
    life = np.zeros((height, width), np.float32)
    network = view.analysis.last(Network)
    if network:
        nodes = [place for curve in network.curves for place in curve.nodes]
        corners = [curve.nodes[node] for curve in network.curves for node in corners_of(curve)]
        for x, y in (*nodes, *corners, *2 * tuple(places_of(network))):
            life[min(height - 1, max(0, int(y))), min(width - 1, max(0, int(x)))] += 1
    high, wide = min(side, height), min(side, width)
    sums = cv2.integral(life)
    windows = sums[high:, wide:] - sums[:-high, wide:] - sums[high:, :-wide] + sums[:-high, :-wide]
    y, x = np.unravel_index(int(windows.argmax()), windows.shape)
    return int(x), int(y)


def _moved(drawing: Drawing, dx: float, dy: float, width: int, height: int) -> Drawing:
    """The same in another place of a canvas of another size."""

    def moved(form: Form) -> Form:
        if isinstance(form, Path):
            return replace(form, points=form.points + np.array([dx, dy]))
        return replace(form, x=form.x + dx, y=form.y + dy)

    return Drawing(width, height, tuple(Shape(tuple(map(moved, shape.forms)), shape.ink) for shape in drawing.shapes))


def _drawn(drawing: Drawing, shapes: Sequence[Shape], size: tuple[int, int]) -> Pixels:
    return draw(write(replace(drawing, shapes=tuple(shapes)), _PRECISION), *size)
