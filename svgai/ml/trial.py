"""What the baseline makes of the busiest part of a picture: whoever wants to know how it will do there lets it try.

It is the quickest of all methods, and what is no flat drawing is left to it in the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import cv2
import numpy as np

from svgai.engine.baseline import svg_of
from svgai.engine.raster import draw
from svgai.engine.score import structural_similarity
from svgai.errors import TracingFailed
from svgai.ml.likeness import told
from svgai.ml.views import Near, Tiles, laid_on, premultiplied
from svgai.picture import Picture, Pixels

_SIDE: Final = 48
"""Pixels along the side of the part that is tried..."""
_BUSY_SIDE: Final = 32
"""...and of one in which most of them differ from the next: there are many paths in it, and it is alike everywhere."""


def try_baseline(picture: Picture, near: Near, ground: int) -> Mapping[str, float]:
    """How much likeness the baseline loses, and in how many paths, on white (255) or black (0).

    What is found in the busiest part stands for all of the picture in which anything changes.
    """
    part, share = _busiest(picture, near, _SIDE)
    if share and _changes(part[None]).mean() > 0.5:
        part, share = _busiest(picture, near, _BUSY_SIDE)
    if not share:
        return {"tried_lost": 0.0, "tried_paths": 0.0}
    try:
        svg = svg_of(part)
        drawn = draw(svg, part.shape[1], part.shape[0])
    except TracingFailed:
        return {"tried_lost": told(1.0), "tried_paths": 0.0}
    lost = 1 - structural_similarity(*(laid_on(premultiplied(each), ground) for each in (drawn, part)))
    return {"tried_lost": told(share * lost), "tried_paths": float(np.log2(1 + share * svg.count("<path")))}


def _busiest(picture: Picture, near: Near, side: int) -> tuple[Pixels, float]:
    """The part in which most pixels differ from the next, and how much of it there is in the picture, seen so."""
    height, width = (min(side, length) for length in near.tiles.shape[1:3])
    changes = _changes(near.tiles)
    counts = changes.sum(axis=(1, 2), dtype=np.int64)
    tile = int(counts.argmax())
    sums = cv2.integral(changes[tile])
    inside = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    down, across = np.unravel_index(int(inside.argmax()), inside.shape)
    top, left = int(near.tops[tile] + down), int(near.lefts[tile] + across)
    part = np.ascontiguousarray(picture.rgba[top : top + height, left : left + width])
    most = int(inside.max())
    return part, (int(counts.sum()) / most) * (height * width / changes.size) if most else 0.0


def _changes(tiles: Tiles) -> Pixels:
    """1 where a pixel differs from the one before it or above it."""
    packed = tiles.view(np.uint32)[..., 0]
    changes = np.zeros(packed.shape, np.uint8)
    changes[:, 1:] = packed[:, 1:] != packed[:, :-1]
    changes[:, :, 1:] |= packed[:, :, 1:] != packed[:, :, :-1]
    return changes
