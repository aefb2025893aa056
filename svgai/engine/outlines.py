"""Outlines: where boundaries really run, to a few hundredths of a pixel.

A boundary on the map follows the corners of pixels. Wherever it runs between two pixels, the
coverage on both sides tells where in that row or column the edge is. Where a boundary runs rather
sideways, columns are cut, otherwise rows: across an edge, a cut is exact.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svgai.cover import Cover
from svgai.engine import stairs
from svgai.engine.kernels.cuts import cut_steps
from svgai.regions import OUTSIDE, Boundaries, Boundary, Edges, Outline, Outlines, Regions

REACH = 3
"""Pixels to each side that may belong to one edge."""
_LOOK = 3
"""Steps to each side from which a boundary's direction is read."""


def find_outlines(boundaries: Boundaries, regions: Regions, cover: Cover) -> Outlines:
    """One outline for each boundary, in the same order."""
    edges = stairs.edges_of(boundaries, cover)
    if edges is Edges.SQUARES:
        return Outlines(tuple(Outline(boundary, stairs.corners(boundary)) for boundary in boundaries), edges)
    return Outlines(tuple(_outline(boundary, regions, cover, edges) for boundary in boundaries), edges)


def _outline(boundary: Boundary, regions: Regions, cover: Cover, edges: Edges) -> Outline:
    corners = boundary.points.astype(np.float64)
    if OUTSIDE in (boundary.left, boundary.right):
        return Outline(boundary, corners)  # the picture ends exactly there
    ink = int(regions.inks[boundary.left])
    is_level = boundary.points[1:, 1] == boundary.points[:-1, 1]
    steps = np.flatnonzero(is_level == _runs_sideways(corners, boundary.is_ring)).astype(np.int32)
    points = np.empty((len(steps), 2))
    cut_steps(boundary.points, steps, cover.first, cover.second, cover.share, ink, REACH, points)
    if boundary.is_ring and len(points) < 3:
        return Outline(boundary, corners)  # around a dot, where no direction can be told
    if edges is Edges.STAIRS:
        points = stairs.smoothed(points, steps, is_level[steps], boundary)
    if boundary.is_ring:
        return Outline(boundary, np.vstack([points, points[:1]]))
    return Outline(boundary, np.vstack([corners[:1], points, corners[-1:]]))


def _runs_sideways(corners: NDArray[np.float64], is_ring: bool) -> NDArray[np.bool_]:
    """For each step of a boundary, whether it runs more to the side than up or down around there."""
    steps = np.abs(np.diff(corners, axis=0))
    margin = np.take(steps, range(-_LOOK, 0), axis=0, mode="wrap"), np.take(steps, range(_LOOK), axis=0, mode="wrap")
    around = np.vstack(
        [margin[0], steps, margin[1]] if is_ring else [steps[:1]] * _LOOK + [steps] + [steps[-1:]] * _LOOK
    )
    sums = np.cumsum(np.vstack([np.zeros(2), around]), axis=0)
    # The outermost steps count half: else a staircase of 45 degrees would always look steeper than it is.
    window = sums[2 * _LOOK + 1 :] - sums[: -2 * _LOOK - 1] + sums[2 * _LOOK : -1] - sums[1 : -2 * _LOOK]
    return np.asarray(window[:, 0] >= window[:, 1])
