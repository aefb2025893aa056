"""What tracers make of a picture: whoever wants to know how they will do there lets them try.

The baseline is the quickest of all methods, and what is no flat drawing is left to it in the end. Of our own tracer the
map is asked: which inks there are, and which pixel belongs to what. Curves take longer, and what the map does not hold
they cannot bring back. A picture with little in it is tried as a whole, of others some cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from svgai.engine.baseline import svg_of
from svgai.engine.coverage import unmix
from svgai.engine.inks import find_inks
from svgai.engine.mapping import find_regions
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
"""So many pixels take as long as one change: of changes the baseline makes its paths, and our tracer its edges."""
_FEWEST: Final = 3
"""Fewer cells tell nothing of the others."""
_MOST_INKS: Final = 24
"""In a map; what has more is no flat drawing, and takes long."""


_MOST: Final = 7_000
"""What a picture may take, in changes, to be tried as a whole, and what cells of it may take together..."""
_MOST_OF_LARGE: Final = 2_000
"""...or cells of a picture too large to be looked at as a whole, of which everything else takes longer, too."""


@dataclass(frozen=True, eq=False)
class _Part:
    """What of a picture is tried: all of it, or cells side by side."""

    pixels: Pixels
    seen: Pixels
    """The same on white or black."""
    side: int
    """How wide each cell is."""
    changing: float
    """The share of the picture in which anything changes..."""
    share: float
    """...and how much of that this is."""


def let_try(picture: Picture, near: Near, ground: int) -> Mapping[str, float]:
    """What the baseline loses, and the map of our own tracer, on white (255) or black (0)."""
    part = _chosen(picture, near, ground)
    if part is None:
        return {**_told_of_baseline(0.0, 0.0, 1.0), **_told_of_map(0.0, 0.0, 0.0)}
    return {**_baseline(part, ground), **_map(part, ground)}


def _baseline(part: _Part, ground: int) -> Mapping[str, float]:
    """How much likeness the baseline loses, in how many paths, and how much it was let try of what changes."""
    try:
        svg = svg_of(part.pixels)
        drawn = draw(svg, part.pixels.shape[1], part.pixels.shape[0])
    except TracingFailed:
        return _told_of_baseline(part.changing, 0.0, part.share)
    lost = part.changing * _lost(premultiplied(drawn), part, ground)
    return _told_of_baseline(lost, svg.count("<path") / part.share, part.share)


def _told_of_baseline(lost: float, paths: float, share: float) -> Mapping[str, float]:
    return {"tried_lost": told(lost), "tried_paths": float(np.log2(1 + paths)), "tried_share": share}


def _map(part: _Part, ground: int) -> Mapping[str, float]:
    """How much likeness is lost in our tracer's map, how many regions it has, and how many inks."""
    picture = Picture(np.ascontiguousarray(part.pixels))
    inks = find_inks(picture, _MOST_INKS)
    cover = unmix(picture, inks)
    regions = find_regions(cover)
    shown = np.empty(picture.rgba.shape, np.uint8)
    kernels.show_map(regions.inks[regions.labels], cover.first, cover.second, cover.share, inks.colours, shown)
    return _told_of_map(part.changing * _lost(shown, part, ground), len(regions) / part.share, len(inks))


def _told_of_map(lost: float, regions: float, inks: float) -> Mapping[str, float]:
    return {
        "mapped_lost": told(lost),
        "mapped_regions": float(np.log2(1 + regions)),
        "mapped_inks": float(np.log2(1 + inks)),
    }


def _lost(shown: Pixels, part: _Part, ground: int) -> float:
    """What premultiplied pixels lack of the likeness to what was tried: the mean of all cells."""
    one, other = laid_on(shown, ground), part.seen
    cells = [slice(left, left + part.side) for left in range(0, one.shape[1], part.side)]
    return 1 - float(np.mean([structural_similarity(one[:, cell], other[:, cell]) for cell in cells]))


def _chosen(picture: Picture, near: Near, ground: int) -> _Part | None:
    """As much of a picture as may be tried; nothing where nothing changes."""
    tiles = enlarged(near.tiles, _SIDE)
    changes = _changes(tiles)
    is_small = len(tiles) == 1
    if is_small and 0 < changes.sum() <= _MOST - changes.size / _PLAIN:
        return _Part(picture.rgba, laid_on(near.tiles[0], ground), picture.width, 1.0, 1.0)
    places, total = busy_cells(tiles, _CELL, _MARGIN)
    if not len(places):
        return None
    counts = np.array([changes[n, y : y + _CELL, x : x + _CELL].sum() for n, y, x in places])
    tile, top, left = places[_spread(counts, _MOST if is_small else _MOST_OF_LARGE)].T
    seen_at = np.stack([np.zeros_like(tile), near.tops[tile] + top, near.lefts[tile] + left], axis=1)
    cells = kernels.cut_out(enlarged(picture.rgba[None], _SIDE), seen_at, _MARGIN, _SIDE)
    return _Part(cells, laid_on(premultiplied(cells), ground), _SIDE, len(places) / total, len(tile) / len(places))


def _changes(tiles: Tiles) -> Pixels:
    """1 where a pixel differs from the one before it or above it."""
    packed = tiles.view(np.uint32)[..., 0]
    changes = np.zeros(packed.shape, np.uint8)
    changes[:, 1:] = packed[:, 1:] != packed[:, :-1]
    changes[:, :, 1:] |= packed[:, :, 1:] != packed[:, :, :-1]
    return changes


def _spread(changes: NDArray[np.int64], at_most: float) -> NDArray[np.int64]:
    """As many of these cells as may be tried: from those with few changes to those with many, in even steps."""
    each = float(changes.mean()) * (_SIDE / _CELL) ** 2 + _SIDE**2 / _PLAIN
    count = min(len(changes), max(_FEWEST, int(at_most / each)))
    order = np.argsort(changes, kind="stable")
    return order[((np.arange(count) + 0.5) * len(changes) / count).astype(np.int64)]
