"""What the baseline makes of a picture: whoever wants to know how it will do there lets it try.

It is the quickest of all methods, and what is no flat drawing is left to it in the end. A picture with little in it is
tried as a whole, of others some cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from svgai.engine.baseline import svg_of
from svgai.engine.raster import draw
from svgai.engine.score import structural_similarity
from svgai.errors import TracingFailed
from svgai.ml import kernels
from svgai.ml.likeness import told
from svgai.ml.views import Near, Tiles, busy_cells, enlarged, laid_on, premultiplied
from svgai.picture import Picture, Pixels

_CELL: Final = 24
"""Pixels along the side of a cell..."""
_MARGIN: Final = 4
"""...and around it, since the baseline leaves out what is smaller than that."""
_SIDE: Final = _CELL + 2 * _MARGIN
_PLAIN: Final = 8
"""So many pixels take as long as one change: of changes the baseline makes its paths."""
_WHOLE: Final = 7_000
"""What a picture may take, in changes, to be tried as a whole, and what cells of it may take together..."""
_PART: Final = 2_000
"""...or cells of one that is too large to be looked at as a whole, of which everything else takes longer, too."""
_FEWEST: Final = 3
"""Fewer cells tell nothing of the others."""


def try_baseline(picture: Picture, near: Near, ground: int) -> Mapping[str, float]:
    """How much likeness the baseline loses, in how many paths, and how much it was let try of what changes.

    Likeness is measured on white (255) or black (0).
    """
    tiles = enlarged(near.tiles, _SIDE)
    changes = _changes(tiles)
    is_small = len(tiles) == 1
    if is_small and 0 < changes.sum() <= _WHOLE - changes.size / _PLAIN:
        return _told(*_tried(picture.rgba, ground, picture.width), 1.0)
    places, total = busy_cells(tiles, _CELL, _MARGIN)
    if not len(places):
        return _told(0.0, 0.0, 1.0)
    counts = np.array([changes[n, y : y + _CELL, x : x + _CELL].sum() for n, y, x in places])
    tile, top, left = places[_chosen(counts, _WHOLE if is_small else _PART)].T
    seen_at = np.stack([np.zeros_like(tile), near.tops[tile] + top, near.lefts[tile] + left], axis=1)
    cells = kernels.cut_out(enlarged(picture.rgba[None], _SIDE), seen_at, _MARGIN, _SIDE)
    lost, paths = _tried(cells, ground, _SIDE)
    part = len(tile) / len(places)
    return _told(len(places) / total * lost, paths / part, part)


def _told(lost: float, paths: float, share: float) -> Mapping[str, float]:
    return {"tried_lost": told(lost), "tried_paths": float(np.log2(1 + paths)), "tried_share": share}


def _changes(tiles: Tiles) -> Pixels:
    """1 where a pixel differs from the one before it or above it."""
    packed = tiles.view(np.uint32)[..., 0]
    changes = np.zeros(packed.shape, np.uint8)
    changes[:, 1:] = packed[:, 1:] != packed[:, :-1]
    changes[:, :, 1:] |= packed[:, :, 1:] != packed[:, :, :-1]
    return changes


def _chosen(changes: NDArray[np.int64], at_most: float) -> NDArray[np.int64]:
    """As many of these cells as may be tried: from those with few changes to those with many, in even steps."""
    each = float(changes.mean()) * (_SIDE / _CELL) ** 2 + _SIDE**2 / _PLAIN
    count = min(len(changes), max(_FEWEST, int(at_most / each)))
    order = np.argsort(changes, kind="stable")
    return order[((np.arange(count) + 0.5) * len(changes) / count).astype(np.int64)]


def _tried(pixels: Pixels, ground: int, side: int) -> tuple[float, int]:
    """What the baseline loses of pixels, on white (255) or black (0): the mean of parts of this width; its paths."""
    try:
        svg = svg_of(pixels)
        drawn = draw(svg, pixels.shape[1], pixels.shape[0])
    except TracingFailed:
        return 1.0, 0
    one, other = (laid_on(premultiplied(each), ground) for each in (drawn, pixels))
    parts = [slice(left, left + side) for left in range(0, pixels.shape[1], side)]
    likeness = [structural_similarity(one[:, part], other[:, part]) for part in parts]
    return 1 - float(np.mean(likeness)), svg.count("<path")
