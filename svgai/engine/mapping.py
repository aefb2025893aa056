"""The map: which pixels belong together, and the boundaries that two regions share."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.measure import label

from svgai.cover import Cover
from svgai.engine.kernels.cracks import walk_cracks
from svgai.engine.kernels.pixels import fill, keep_thin, mark_slivers
from svgai.regions import Boundaries, Boundary, Regions

SLIVER = 1.5
"""A region without a pure pixel, whose ink covers less than this, is an accident of mixing."""
THIN = (0.3, 1.3)
"""Pixels that a stroke is wide which may cover none by half."""
SHORT = 4
"""Pixels below which a stroke is none."""
STRANGE = 10.0
"""A pixel this far from its mix says nothing about strokes."""


def find_regions(cover: Cover) -> Regions:
    """Pixels that share their first ink and an edge are one region; slivers go to whoever surrounds them."""
    inks = _with_thin_strokes(cover)
    for _ in range(2):  # a sliver may surround another
        cleaned = _without_slivers(inks, cover)
        if cleaned is inks:
            break
        inks = cleaned
    labels = _labelled(inks)
    owners = np.zeros(labels.max() + 1, np.int16)
    owners[labels] = inks
    return Regions(labels, owners)


def _with_thin_strokes(cover: Cover) -> NDArray[np.int16]:
    """The first ink of each pixel, or the second where that is of a stroke too thin to cover any by half."""
    inks, thin = np.empty_like(cover.first), np.empty(cover.first.shape, np.bool_)
    keep_thin(cover.first, cover.second, cover.share, cover.misfit, STRANGE, np.array(THIN), inks, thin)
    where = np.flatnonzero(thin)
    pieces = cv2.connectedComponents(thin.view(np.uint8), connectivity=8)[1].ravel()[where]
    too_short = where[np.bincount(pieces)[pieces] < SHORT]  # as at the corners of what is not thin
    inks.ravel()[too_short] = cover.first.ravel()[too_short]
    return inks


def _labelled(inks: NDArray[np.int16]) -> NDArray[np.int32]:
    """Number what hangs together by the sides of pixels."""
    # scikit-image counts from 1; 0 would be a background, of which there is none.
    labels = np.asarray(label(inks.astype(np.int32) + 1, connectivity=1, background=0), np.int32)
    labels -= 1
    return labels


def _without_slivers(inks: NDArray[np.int16], cover: Cover) -> NDArray[np.int16]:
    """Slivers hang together by corners, too, as a slanting hairline does."""
    slivers = np.empty(inks.shape, np.bool_)
    count = mark_slivers(inks, cover.first, cover.second, cover.share, SLIVER, slivers)
    if count in (0, inks.size):
        return inks
    filled = np.empty_like(inks)
    fill(inks, slivers, filled)
    return filled


def find_boundaries(regions: Regions) -> Boundaries:
    """Every boundary between two regions, or between a region and what lies outside, once."""
    height, width = regions.labels.shape
    most = 2 * ((height + 1) * width + height * (width + 1))
    points, starts = np.empty((most, 2), np.int32), np.empty(most + 1, np.int32)
    left, right = np.empty(most, np.int32), np.empty(most, np.int32)
    count = walk_cracks(regions.labels, points, starts, left, right)
    return Boundaries(
        tuple(Boundary(points[starts[n] : starts[n + 1]].copy(), int(left[n]), int(right[n])) for n in range(count))
    )
