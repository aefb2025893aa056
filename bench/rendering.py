"""SVG text drawn as pixels by resvg, which judges every tracer alike."""

from __future__ import annotations

import io
import re
from typing import TypeAlias

import numpy as np
import resvg_py
from numpy.typing import NDArray
from PIL import Image

Pixels: TypeAlias = NDArray[np.uint8]
"""height x width x 4, straight alpha."""
Colours: TypeAlias = NDArray[np.uint8]
"""height x width x 3, opaque."""

_ROOT = re.compile(r"<svg\b[^>]*>")


class NotDrawable(ValueError):
    """The text is no SVG, or does not say how large it is."""


def draw(svg: str, width: int, height: int) -> Pixels:
    """Draw an SVG, stretched to width x height pixels."""
    png = bytes(resvg_py.svg_to_bytes(svg_string=pinned(svg, width, height), skip_system_fonts=True))
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))


def on_white(rgba: Pixels) -> Colours:
    alpha = rgba[..., 3:4].astype(np.float32) / 255
    white: Colours = (rgba[..., :3] * alpha + 255 * (1 - alpha) + 0.5).astype(np.uint8)
    return white


def pinned(svg: str, width: int, height: int) -> str:
    """The same drawing with its root stretched to width x height pixels."""
    found = _root(svg)
    root = re.sub(r"""\s(width|height|preserveAspectRatio)\s*=\s*("[^"]*"|'[^']*')""", "", found.group())
    if _attribute(root, "viewBox") is None:
        natural_width, natural_height = natural_size(svg)
        root = root.replace("<svg", f'<svg viewBox="0 0 {natural_width:g} {natural_height:g}"', 1)
    root = root.replace("<svg", f'<svg width="{width}" height="{height}" preserveAspectRatio="none"', 1)
    return svg[: found.start()] + root + svg[found.end() :]


def pixel_size(svg: str, longest: int) -> tuple[int, int]:
    """Width and height of the drawing when its longest side has so many pixels."""
    width, height = natural_size(svg)
    scale = longest / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def natural_size(svg: str) -> tuple[float, float]:
    """Width and height in the drawing's own units."""
    root = _root(svg).group()
    box = _attribute(root, "viewBox")
    sides = re.split(r"[\s,]+", box.strip())[2:] if box else [_attribute(root, side) for side in ("width", "height")]
    try:
        width, height = (float((side or "").removesuffix("px")) for side in sides)
    except ValueError:
        raise NotDrawable(f"{root:.80} does not say how large it is") from None
    if not (0 < width < np.inf and 0 < height < np.inf):
        raise NotDrawable(f"{width:g} x {height:g} is no size")
    return width, height


def _root(svg: str) -> re.Match[str]:
    found = _ROOT.search(svg)
    if found is None:
        raise NotDrawable(f"{svg:.40} is no SVG")
    return found


def _attribute(root: str, name: str) -> str | None:
    found = re.search(rf"""\s{name}\s*=\s*(?:"([^"]*)"|'([^']*)')""", root)
    return found and (found[1] or found[2])
