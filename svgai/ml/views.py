"""How a picture is looked at: from near, pixel by pixel in parts of it, and from afar, as a whole made smaller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from svgai.ml import kernels
from svgai.picture import Picture, Pixels

Tiles: TypeAlias = NDArray[np.uint8]
"""n x height x width x 4, premultiplied."""

MOST_PIXELS = 1 << 16
"""So many are looked at from near; a picture that has more is seen in tiles all over it."""
_TILE = 64
_GRID = 8
"""Tiles begin at multiples of this, as the blocks of a JPEG do."""
MOST_AFAR = 512
"""The longest side of the whole, in pixels."""


@dataclass(frozen=True, eq=False)
class Near:
    """Parts of a picture at its own size."""

    tiles: Tiles
    tops: NDArray[np.int32]
    lefts: NDArray[np.int32]
    """Where each tile begins in the picture."""


def look_near(picture: Picture) -> Near:
    """The whole picture as one tile where it is small, else tiles spread evenly."""
    rgba = picture.rgba
    if picture.width * picture.height <= MOST_PIXELS:
        nowhere = np.zeros(1, np.int32)
        return Near(premultiplied(rgba)[None], nowhere, nowhere)
    height, width = min(_TILE, picture.height), min(_TILE, picture.width)
    down, across = _spread(picture.height // height, picture.width // width, MOST_PIXELS // (height * width))
    places = [
        (top, left) for top in _evenly(picture.height, height, down) for left in _evenly(picture.width, width, across)
    ]
    tiles = premultiplied(np.concatenate([rgba[top : top + height, left : left + width] for top, left in places]))
    tops, lefts = np.array(places, dtype=np.int32).T
    return Near(tiles.reshape(-1, height, width, 4), np.ascontiguousarray(tops), np.ascontiguousarray(lefts))


def _spread(down: int, across: int, most: int) -> tuple[int, int]:
    """How many of so many rows and columns of tiles to take, in about their proportion."""
    scale = min(1.0, (most / (down * across)) ** 0.5)
    rows = max(1, int(down * scale))
    columns = max(1, min(across, most // rows))
    return min(down, max(1, most // columns)), columns


def _evenly(length: int, part: int, count: int) -> list[int]:
    middles = (np.arange(count) + 0.5) * length / count - part / 2
    return [min(max(int(middle), 0), length - part) // _GRID * _GRID for middle in middles]


def look_from_afar(picture: Picture, near: Near) -> Pixels:
    """The whole picture, premultiplied, with its longest side at most `MOST_AFAR` pixels."""
    if len(near.tiles) == 1:
        return reduced(near.tiles[0], MOST_AFAR)
    stride = max(1, max(picture.width, picture.height) // (2 * MOST_AFAR))
    return reduced(premultiplied(picture.rgba[::stride, ::stride]), MOST_AFAR)


def reduced(pixels: Pixels, longest: int) -> Pixels:
    """Pixels averaged so that the longest side has at most so many; smaller ones stay as they are."""
    height, width = pixels.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return pixels
    size = max(1, round(width * scale)), max(1, round(height * scale))
    smaller: Pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return smaller


def enlarged(tiles: Tiles, side: int) -> Tiles:
    """The same with the last pixels of rows and columns repeated where it is smaller than that."""
    missing = [max(0, side - length) for length in tiles.shape[1:3]]
    return np.pad(tiles, ((0, 0), (0, missing[0]), (0, missing[1]), (0, 0)), "edge") if any(missing) else tiles


def busy_cells(tiles: Tiles, cell: int, margin: int) -> tuple[NDArray[np.int32], int]:
    """Tile, top and left of each cell in which or around which anything changes; how many cells there are in all."""
    count, height, width = tiles.shape[:3]
    total = count * ((height - 2 * margin) // cell) * ((width - 2 * margin) // cell)
    places = np.empty((total, 3), np.int32)
    return places[: kernels.find_busy_cells(tiles, cell, margin, places)], total


def premultiplied(rgba: Pixels) -> Pixels:
    """Colours as they add to what lies below, so that what is invisible does not count."""
    if is_opaque(rgba):
        return np.ascontiguousarray(rgba)
    mixed = np.empty(rgba.shape, np.uint8)
    kernels.premultiply(rgba, mixed)
    return mixed


def is_opaque(pixels: Pixels) -> bool:
    """Whether nothing shows through any pixel: ... x 4."""
    return bool(kernels.is_opaque(pixels.reshape(-1, *pixels.shape[-2:])))


WHITE, BLACK = 255, 0


def laid_on(pixels: Pixels, ground: int) -> Pixels:
    """The colours of premultiplied pixels on white or black."""
    if not ground or is_opaque(pixels):
        return np.ascontiguousarray(pixels[..., :3])
    return np.ascontiguousarray(pixels[..., :3] + (ground - pixels[..., 3:]))


def light_of(pixels: Pixels, ground: int) -> NDArray[np.uint8]:
    """How light each premultiplied pixel is, on white or black."""
    on_black: NDArray[np.uint8] = cv2.cvtColor(pixels, cv2.COLOR_RGBA2GRAY)
    if not ground or is_opaque(pixels):
        return on_black
    return on_black + (255 - pixels[..., 3])


def ground_of(pixels: Pixels) -> int:
    """White or black, whichever shows more of premultiplied pixels."""
    if is_opaque(pixels):
        return WHITE
    return max((WHITE, BLACK), key=lambda ground: contrast_of(light_of(pixels, ground)))


def contrast_of(light: NDArray[np.uint8] | NDArray[np.int16]) -> float:
    """The standard deviation."""
    return float(cv2.meanStdDev(light)[1][0, 0])
