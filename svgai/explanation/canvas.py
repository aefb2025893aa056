"""Enlarged pixels to draw on in the picture's own units, and the colours and marks of all sheets."""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import numpy as np
import skia
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from svgai.drawing import Circle, Ellipse, Form, Rectangle
from svgai.picture import Pixels

Colours: TypeAlias = NDArray[np.uint8]
"""height x width x 3."""
Colour: TypeAlias = tuple[int, int, int]
Mark: TypeAlias = Literal["line", "disc", "hollow", "square", "patch", "hatched"]

BLACK, WHITE, GREY = (0, 0, 0), (255, 255, 255), (128, 128, 128)
ORANGE, BLUE, GREEN, RED = (228, 120, 0), (20, 84, 220), (0, 140, 60), (214, 20, 40)
PURPLE, TEAL, PINK = (150, 30, 170), (0, 130, 140), (235, 30, 150)

_MOST_STEPS, _READABLE_STEPS, _MOST_SIDE = 48, 4, 4096


def steps_for(width: int, height: int, side: int) -> int:
    """How many times to enlarge a picture for a sheet of about that side: more where nothing could be seen else."""
    longest = max(width, height)
    readable = min(_READABLE_STEPS, _MOST_SIDE // longest)
    return max(1, readable, min(_MOST_STEPS, side // longest))


def hue(number: int) -> Colour:
    """Colours that differ from those of the numbers before."""
    red, green, blue = colorsys.hls_to_rgb(number * 137 % 360 / 360, 0.38, 0.9)
    return round(255 * red), round(255 * green), round(255 * blue)


def on(rgba: Pixels, ground: Any) -> Colours:
    """Pixels on a ground of one colour, or of one for each."""
    alpha = rgba[..., 3:] / 255
    mixed: Colours = np.rint(rgba[..., :3] * alpha + np.asarray(ground) * (1 - alpha)).astype(np.uint8)
    return mixed


def on_checks(rgba: Pixels, side: int = 8) -> Colours:
    """Pixels on a board of light squares."""
    rows, columns = np.indices(rgba.shape[:2]) // side
    return on(rgba, np.where((rows + columns) % 2, 255, 225)[..., None])


def faded(pixels: Colours) -> Colours:
    """Pale, so that what is drawn on them stands out."""
    return np.asarray(pixels // 3 + 170, np.uint8)


class Canvas:
    """Pixels, each as a square of so many steps, to draw on; places are in pixels, widths and radii in steps."""

    def __init__(self, pixels: Colours, steps: int = 1) -> None:
        self.steps = steps
        self._surface = skia.Surface(pixels.shape[1] * steps, pixels.shape[0] * steps)
        self._pen = self._surface.getCanvas()
        enlarged = np.repeat(np.repeat(pixels, steps, axis=0), steps, axis=1)
        opaque = np.dstack([enlarged, np.full(enlarged.shape[:2], 255, np.uint8)])
        self._pen.drawImage(skia.Image.fromarray(np.ascontiguousarray(opaque), skia.kRGBA_8888_ColorType), 0, 0)
        self._pen.scale(steps, steps)

    def lines(self, points: ArrayLike, colour: Colour, width: float = 3, *, is_ring: bool = False) -> None:
        """The points, joined."""
        path = skia.Path()
        path.addPoly([skia.Point(float(x), float(y)) for x, y in np.asarray(points)], is_ring)
        self._pen.drawPath(path, self._stroke(colour, width))

    def cubic(self, controls: ArrayLike, colour: Colour, width: float = 3) -> None:
        """The cubic of four control points."""
        (x, y), *others = np.asarray(controls).tolist()
        path = skia.Path()
        path.moveTo(x, y)
        path.cubicTo(*(value for point in others for value in point))
        self._pen.drawPath(path, self._stroke(colour, width))

    def form(self, form: Form, colour: Colour, width: float = 3) -> None:
        """The outline of a circle, an ellipse or a rectangle."""
        stroke = self._stroke(colour, width)
        match form:
            case Circle(x=x, y=y, radius=radius):
                self._pen.drawCircle(x, y, radius, stroke)
            case Ellipse(x=x, y=y, rx=rx, ry=ry, turn=turn):
                oval = _around(rx, ry)
                self._turned(x, y, turn, lambda pen: pen.drawOval(oval, stroke))
            case Rectangle(x=x, y=y, width=wide, height=high, radius=radius, turn=turn):
                box = _around(wide / 2, high / 2)
                self._turned(x, y, turn, lambda pen: pen.drawRoundRect(box, radius, radius, stroke))

    def mark(self, mark: Mark, place: ArrayLike, colour: Colour, radius: float = 5) -> None:
        """A sign of one place."""
        x, y = np.asarray(place, np.float64).tolist()
        reach = radius / self.steps
        match mark:
            case "disc":
                self._pen.drawCircle(x, y, reach, self._fill(colour))
            case "hollow":
                self._pen.drawCircle(x, y, reach, self._fill(WHITE))
                self._pen.drawCircle(x, y, reach, self._stroke(colour, 2))
            case "square":
                self._pen.drawRect(_around(reach, reach, (x, y)), self._fill(colour))
            case "patch":
                box = _around(1.5 * reach, 1.5 * reach, (x, y))
                self._pen.drawRect(box, self._fill(colour))
                self._pen.drawRect(box, self._stroke(GREY, 1))
            case "hatched":
                self.mark("patch", place, colour, radius)
                for at in (x - 0.8 * reach, x + 0.8 * reach):
                    self.lines([(at - reach / 2, y + reach), (at + reach / 2, y - reach)], WHITE, 2)
            case "line":
                self.lines([(x - 1.6 * reach, y), (x + 1.6 * reach, y)], colour)

    def image(self) -> Image.Image:
        return Image.fromarray(self._surface.toarray(colorType=skia.kRGBA_8888_ColorType)[..., :3])

    def _turned(self, x: float, y: float, turn: float, draw: Callable[[Any], None]) -> None:
        self._pen.save()
        self._pen.translate(x, y)
        self._pen.rotate(turn)
        draw(self._pen)
        self._pen.restore()

    def _stroke(self, colour: Colour, width: float) -> Any:
        return skia.Paint(
            AntiAlias=True,
            Color=skia.Color(*colour),
            Style=skia.Paint.kStroke_Style,
            StrokeWidth=width / self.steps,
            StrokeJoin=skia.Paint.kRound_Join,
            StrokeCap=skia.Paint.kRound_Cap,
        )

    @staticmethod
    def _fill(colour: Colour) -> Any:
        return skia.Paint(AntiAlias=True, Color=skia.Color(*colour))


def _around(wide: float, high: float, centre: tuple[float, float] = (0, 0)) -> Any:
    x, y = centre
    return skia.Rect.MakeLTRB(x - wide, y - high, x + wide, y + high)
