"""Drawings of our own to measure on: exact shapes, drawn large and reduced, so that their edges are true."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image, ImageDraw

Canvas = ImageDraw.ImageDraw
OVERSAMPLING = 8


def badge(canvas: Canvas, unit: float) -> None:
    canvas.rounded_rectangle((6 * unit, 6 * unit, 94 * unit, 94 * unit), 20 * unit, fill="#1b2a4a")
    canvas.ellipse((22 * unit, 20 * unit, 62 * unit, 60 * unit), fill="#ff6b35")
    canvas.polygon([(30 * unit, 82 * unit), (56 * unit, 38 * unit), (84 * unit, 82 * unit)], fill="#f7f3e9")
    canvas.polygon([(50 * unit, 82 * unit), (67 * unit, 55 * unit), (84 * unit, 82 * unit)], fill="#7fb685")


def rings(canvas: Canvas, unit: float) -> None:
    for radius, colour in ((44, "#d7263d"), (34, "#ffffff"), (24, "#d7263d"), (12, "#ffffff")):
        canvas.ellipse(
            ((50 - radius) * unit, (50 - radius) * unit, (50 + radius) * unit, (50 + radius) * unit), fill=colour
        )


def bars(canvas: Canvas, unit: float) -> None:
    for place, height in enumerate((24, 56, 40, 80, 64)):
        left = (10 + 17 * place) * unit
        canvas.rectangle((left, (90 - height) * unit, left + 12 * unit, 90 * unit), fill="#2e4057")
    canvas.line((8 * unit, 92 * unit, 94 * unit, 92 * unit), fill="#66a182", width=round(3 * unit))


DRAWINGS: dict[str, Callable[[Canvas, float], None]] = {"badge": badge, "rings": rings, "bars": bars}


def picture_of(name: str, size: int, background: str | None = "white") -> Image.Image:
    """The drawing as a picture of so many pixels, on a background or on nothing."""
    large = Image.new("RGBA", (size * OVERSAMPLING, size * OVERSAMPLING), background or (0, 0, 0, 0))
    DRAWINGS[name](ImageDraw.Draw(large), size * OVERSAMPLING / 100)
    return large.reduce(OVERSAMPLING)
