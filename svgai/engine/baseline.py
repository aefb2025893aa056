"""The baseline: vtracer with its default settings, which every method of ours must beat.

Its known limits: a pixel is there or not (partial alpha is lost), and speckles under 4 x 4 pixels are dropped.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import cv2
import numpy as np
import vtracer

from svgai.drawing import Drawing, Ink, Path, Shape
from svgai.errors import TracingFailed
from svgai.picture import Picture, Pixels

if TYPE_CHECKING:
    from svgai.options import Options

_PATH = re.compile(r'<path d="([^"]*)" fill="#([0-9A-Fa-f]{6})" transform="translate\(([^,]*),([^)]*)\)"/>')
_LETTERS = str.maketrans("MLCZ", "    ")


def trace_baseline(picture: Picture, options: Options) -> Drawing:  # noqa: ARG001
    """Trace as `vtracer` on the command line would."""
    flat = _flat(picture)
    if flat is not None:
        return flat
    shapes = (_shape(*found) for found in _PATH.findall(_run_vtracer(_with_transparent_row(picture.rgba))))
    return Drawing(picture.width, picture.height, tuple(shape for shape in shapes if shape))


def svg_of(rgba: Pixels) -> str:
    """What vtracer itself writes, as large as the pixels: for who only draws it again, and lets nobody else have it."""
    svg = _run_vtracer(_with_transparent_row(rgba))
    return svg.replace(f'height="{len(rgba) + 1}"', f'height="{len(rgba)}"', 1)


def _flat(picture: Picture) -> Drawing | None:
    """A picture of one colour is one rectangle, or nothing; vtracer makes an empty path of a single pixel."""
    packed = np.ascontiguousarray(picture.rgba).view(np.uint32)
    if not (packed == packed[0, 0]).all() and picture.rgba[..., 3].any():
        return None
    red, green, blue, alpha = (int(value) for value in picture.rgba[0, 0])
    width, height = picture.width, picture.height
    if not alpha:
        return Drawing(width, height, ())
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float64)
    whole = Shape((Path("MLLLZ", corners),), Ink(red, green, blue, alpha / 255))
    return Drawing(width, height, (whole,))


def _with_transparent_row(rgba: Pixels) -> Pixels:
    """See to it that transparent pixels are left out.

    vtracer does so only where it finds many of them on five scan lines, and otherwise paints them
    in the colour that lies invisible under them, mostly black. One more row, wholly transparent,
    always convinces it; nothing is traced there.
    """
    if rgba[..., 3].all():
        return rgba
    return np.pad(rgba, ((0, 1), (0, 0), (0, 0)))


def _run_vtracer(rgba: Pixels) -> str:
    # The list of pixel tuples that vtracer takes instead costs far more than a PNG made in haste.
    haste = [cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE, cv2.IMWRITE_PNG_COMPRESSION, 1]
    png = cv2.imencode(".png", cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA), haste)[1].tobytes()
    try:
        return str(vtracer.convert_raw_image_to_svg(png, img_format="png"))
    except Exception as error:
        raise TracingFailed(f"vtracer failed: {error}.") from error
    except BaseException as panic:
        if type(panic).__name__ != "PanicException":  # how Rust's panics arrive, beside Ctrl-C and exits
            raise
        raise TracingFailed(f"vtracer panicked: {panic}.") from None


def _shape(data: str, colour: str, x: str, y: str) -> Shape | None:
    commands = "".join(letter for letter in data if letter in "MLCZ")
    if not commands:
        return None
    points = np.array(data.translate(_LETTERS).split(), dtype=np.float64).reshape(-1, 2)
    points += np.array([float(x), float(y)])
    return Shape((Path(commands, points),), Ink(*bytes.fromhex(colour)))
