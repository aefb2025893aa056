"""A subject: what a picture shows, before it has a size."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from svgai.ml.types import ImageType
from svgai.picture import Pixels
from svgai.training.alpha import premultiplied, straight
from svgai.training.missing import not_installed

_ROOT = re.compile(r"<svg\b[^>]*>")
_BOX = re.compile(r"""viewBox\s*=\s*["']([^"']*)["']""")
_SIDE = r"""\s{}\s*=\s*["']([\d.]+)(?:px)?["']"""


class NotDrawable(ValueError):
    """The text is no SVG, or does not say how large it is."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A drawing, or pixels that stand for one, and what is known of it."""

    name: str
    family: str
    image_type: ImageType | None
    """None where nobody has said."""
    is_flat: bool
    content: str | Pixels
    is_grid: bool = False

    @property
    def elongation(self) -> float:
        """How many times as long as broad."""
        sides = _natural_size(self.content) if isinstance(self.content, str) else self.content.shape[:2]
        return float(max(sides) / min(sides))

    def seen(self, longest: int) -> Pixels:
        """What it looks like when its longest side has about so many pixels."""
        if isinstance(self.content, str):
            return _drawn(self.content, longest)
        return _enlarged(self.content, longest) if self.is_grid else _reduced(self.content, longest)


def _drawn(svg: str, longest: int) -> Pixels:
    """Drawn by resvg, which has no part in any method, so that it favours none."""
    try:
        import resvg_py
    except ImportError as error:
        raise not_installed("resvg-py") from error
    width, height = _natural_size(svg)
    scale = longest / max(width, height)
    sides = max(1, round(width * scale)), max(1, round(height * scale))
    try:
        png = bytes(resvg_py.svg_to_bytes(svg_string=_pinned(svg, *sides), skip_system_fonts=True))
    except ValueError as error:
        raise NotDrawable(str(error)) from error
    pixels: Pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))
    return pixels


def _natural_size(svg: str) -> tuple[float, float]:
    root = _root(svg).group()
    box = _BOX.search(root)
    sides = re.split(r"[\s,]+", box[1].strip())[2:] if box else [_side(root, side) for side in ("width", "height")]
    try:
        width, height = (float(side) for side in sides)
    except ValueError:
        raise NotDrawable(f"{root:.80} does not say how large it is") from None
    if not (0 < width < np.inf and 0 < height < np.inf):
        raise NotDrawable(f"{width:g} x {height:g} is no size")
    return width, height


def _side(root: str, side: str) -> str:
    found = re.search(_SIDE.format(side), root)
    return found[1] if found else ""


def _pinned(svg: str, width: int, height: int) -> str:
    """The same drawing, stretched to this size."""
    found = _root(svg)
    root = re.sub(r"""\s(width|height|preserveAspectRatio)\s*=\s*("[^"]*"|'[^']*')""", "", found.group())
    if not _BOX.search(root):
        natural = " ".join(f"{side:g}" for side in _natural_size(svg))
        root = root.replace("<svg", f'<svg viewBox="0 0 {natural}"', 1)
    root = root.replace("<svg", f'<svg width="{width}" height="{height}" preserveAspectRatio="none"', 1)
    return svg[: found.start()] + root + svg[found.end() :]


def _root(svg: str) -> re.Match[str]:
    found = _ROOT.search(svg)
    if found is None:
        raise NotDrawable(f"{svg:.40} is no SVG")
    return found


def _enlarged(cells: Pixels, longest: int) -> Pixels:
    """Each cell as a square of whole pixels."""
    times = max(1, round(longest / max(cells.shape[:2])))
    return cells.repeat(times, 0).repeat(times, 1)


def _reduced(pixels: Pixels, longest: int) -> Pixels:
    """Smaller by averaging over areas; pictures are never enlarged here, that is a damage."""
    scale = longest / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    height, width = (max(1, round(side * scale)) for side in pixels.shape[:2])
    return straight(cv2.resize(premultiplied(pixels), (width, height), interpolation=cv2.INTER_AREA))
