"""What the engine sees in a picture, stage by stage: as facts, and as pictures for whoever wants to look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from svgai.conversion import take_in
from svgai.cover import Cover, Inks
from svgai.engine.coverage import unmix
from svgai.engine.inks import find_inks
from svgai.engine.mapping import find_boundaries, find_regions
from svgai.engine.outlines import find_outlines
from svgai.options import Limits
from svgai.picture import Picture, Pixels, Source
from svgai.regions import Boundaries, Outline, Regions

MOST_INKS = 64
UNEXPLAINED = 10.0
"""A pixel this far from every mix is none that the engine understands."""

_SHEET_PIXELS = 768
_SWATCH = 48


@dataclass(frozen=True, eq=False)
class Analysis:
    """A picture, and all that was found in it."""

    picture: Picture
    inks: Inks
    cover: Cover
    regions: Regions
    boundaries: Boundaries
    outlines: tuple[Outline, ...]

    def facts(self) -> dict[str, Any]:
        """The findings as plain data."""
        shares = np.bincount(self.cover.first.ravel(), minlength=len(self.inks)) / self.cover.first.size
        return {
            "width": self.picture.width,
            "height": self.picture.height,
            "inks": [
                {"colour": _name(self.inks, index), "share": round(float(share), 4)}
                for index, share in enumerate(shares)
            ],
            "regions": len(self.regions),
            "boundaries": len(self.boundaries),
            "edges": round(float((~self.cover.is_pure).mean()), 4),
            "unexplained": round(float((self.cover.misfit > UNEXPLAINED).mean()), 4),
            "warnings": list(self.picture.warnings),
        }


def analyze(source: Source, limits: Limits) -> Analysis:
    """Look at a picture through every stage that there is."""
    picture = take_in(source, limits, lambda stage, *inputs: stage(*inputs))
    inks = find_inks(picture, MOST_INKS)
    cover = unmix(picture, inks)
    regions = find_regions(cover)
    boundaries = find_boundaries(regions)
    outlines = find_outlines(boundaries, regions, cover)
    return Analysis(picture, inks, cover, regions, boundaries, outlines)


def explain(analysis: Analysis, folder: Path) -> list[Path]:
    """Draw one picture for each stage into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name, sheet in _sheets(analysis):
        made.append(folder / f"{name}.png")
        sheet.save(made[-1], optimize=True)
    return made


def _sheets(analysis: Analysis) -> Iterator[tuple[str, Image.Image]]:
    yield "1-picture", _enlarged(_on_checks(analysis.picture.rgba))
    yield "2-inks", _swatches(analysis.inks, analysis.facts()["inks"])
    yield "3-coverage", _enlarged(_covered(analysis))
    yield "4-misfit", _enlarged(_misfit(analysis.cover))
    yield "5-boundaries", _mapped(analysis, [boundary.points for boundary in analysis.boundaries])
    yield "6-outlines", _mapped(analysis, [outline.points for outline in analysis.outlines])


def _enlarged(pixels: Pixels) -> Image.Image:
    """Whole steps, so that every pixel stays a square."""
    image = Image.fromarray(pixels)
    steps = _steps(pixels)
    return image.resize((image.width * steps, image.height * steps), Image.Resampling.NEAREST)


def _steps(pixels: Pixels) -> int:
    height, width = pixels.shape[:2]
    return int(max(1, _SHEET_PIXELS // max(height, width)))


def _mapped(analysis: Analysis, lines: list[Any]) -> Image.Image:
    """The picture, faded, and on it every line in a colour of its own, with dots where they meet."""
    faded = _on_checks(analysis.picture.rgba) // 3 + 170
    sheet, steps = _enlarged(faded), _steps(faded)
    canvas = ImageDraw.Draw(sheet)
    for number, (boundary, points) in enumerate(zip(analysis.boundaries, lines, strict=True)):
        line = [(float(x) * steps, float(y) * steps) for x, y in points]
        canvas.line(line, f"hsl({number * 137 % 360}, 90%, 38%)", width=max(1, steps // 3))
        if not boundary.is_ring:
            for x, y in (line[0], line[-1]):
                canvas.ellipse((x - steps, y - steps, x + steps, y + steps), fill="black")
    return sheet


def _on_checks(rgba: Pixels) -> Pixels:
    rows, columns = np.indices(rgba.shape[:2]) // 8
    ground = np.where((rows + columns) % 2, 255, 225)[..., None]
    alpha = rgba[..., 3:] / 255
    mixed: Pixels = np.rint(rgba[..., :3] * alpha + ground * (1 - alpha)).astype(np.uint8)
    return mixed


def _swatches(inks: Inks, facts: list[dict[str, Any]]) -> Image.Image:
    sheet = Image.new("RGB", (8 * _SWATCH, max(1, len(inks)) * _SWATCH), "white")
    canvas = ImageDraw.Draw(sheet)
    for row, fact in enumerate(facts):
        ink = inks[row]
        patch = np.full((_SWATCH, _SWATCH, 4), (ink.red, ink.green, ink.blue, round(ink.opacity * 255)), np.uint8)
        sheet.paste(Image.fromarray(_on_checks(patch)), (0, row * _SWATCH))
        canvas.text(
            (_SWATCH + 12, row * _SWATCH + 14), f"{fact['colour']}   {fact['share']:.2%}", "black", font_size=18
        )
    return sheet


def _covered(analysis: Analysis) -> Pixels:
    """Each pixel in its first ink; edges in grey, the darker the more of them belongs to the second."""
    palette = np.array([(ink.red, ink.green, ink.blue, 255 * ink.opacity) for ink in _all(analysis.inks)], np.uint8)
    shown = _on_checks(palette[analysis.cover.first])
    edges = ~analysis.cover.is_pure
    shown[edges] = (510 * (analysis.cover.share[edges] - 0.5))[:, None].astype(np.uint8)
    return shown


def _misfit(cover: Cover) -> Pixels:
    """White where a pixel is explained, red where it is not."""
    doubt = np.clip(cover.misfit / (4 * UNEXPLAINED), 0, 1)[..., None]
    shown: Pixels = np.rint(255 * (1 - doubt) + np.array([220, 20, 30]) * doubt).astype(np.uint8)
    return shown


def _all(inks: Inks) -> Iterator[Any]:
    return (inks[index] for index in range(len(inks)))


def _name(inks: Inks, index: int) -> str:
    ink = inks[index]
    if not ink.opacity:
        return "none"
    return f"#{ink.red:02x}{ink.green:02x}{ink.blue:02x}" + (f" at {ink.opacity:.0%}" if ink.opacity < 1 else "")
