"""Ways that an edge could take beside its own, and whether what is drawn later hides them."""

from __future__ import annotations

import math

import numpy as np

from svgai.engine.kernels import Flags, Integers, Numbers, compiled
from svgai.engine.kernels.beziers import cut, point

_PER_PIXEL = 1.5
"""Points looked at for each pixel of a way's control points."""


@compiled
def reach(segment: Numbers) -> float:
    """How long the legs of a segment's control points are together."""
    length = 0.0
    for k in range(3):
        length += math.hypot(segment[k + 1, 0] - segment[k, 0], segment[k + 1, 1] - segment[k, 1])
    return length


@compiled
def trim(segments: Numbers, taper: float, trimmed: Numbers) -> tuple[int, int]:
    """Write the segments of an edge without its ends; the first and the last of them that something is left of."""
    size, whole = segments.shape[0], 0.0
    for s in range(size):
        whole += reach(segments[s])
    taper = min(taper, whole / 3)
    first = last = -1
    gone = begin = end = 0.0
    for s in range(size):
        length = max(reach(segments[s]), 1e-9)
        if first < 0 and (gone + length > taper or s == size - 1):
            first, begin = s, min(1.0, (taper - gone) / length)
        if last < 0 and (gone + length >= whole - taper or s == size - 1):
            last, end = s, min(1.0, (whole - taper - gone) / length)
        gone += length
    for s in range(first, last + 1):
        cut(segments[s], begin if s == first else 0.0, end if s == last else 1.0, trimmed[s])
    return first, last


@compiled
def move_aside(segments: Numbers, is_ring: bool, distance: float, moved: Numbers) -> None:
    """Write where segments are when moved to the right by a distance."""
    size = segments.shape[0]
    across = np.empty((size, 2))
    for s in range(size):
        dx, dy = segments[s, 3, 0] - segments[s, 0, 0], segments[s, 3, 1] - segments[s, 0, 1]
        length = math.hypot(dx, dy) + 1e-9
        across[s, 0], across[s, 1] = -dy / length, dx / length
    for corner in range(size + 1):
        before = corner - 1 if corner else (size - 1 if is_ring else 0)
        after = corner if corner < size else (0 if is_ring else size - 1)
        x, y = across[before, 0] + across[after, 0], across[before, 1] + across[after, 1]
        length = max(math.hypot(x, y), 0.5)
        x, y = distance * x / length, distance * y / length
        for k in range(4):
            s = corner - 1 if k >= 2 else corner
            if 0 <= s < size:
                moved[s, k, 0], moved[s, k, 1] = segments[s, k, 0] + x, segments[s, k, 1] + y


@compiled
def points_along(way: Numbers) -> Numbers:
    """Points along a way, less than a pixel apart, from its beginning to its end. way: n x 4 x 2 control points."""
    counts = np.empty(way.shape[0], np.int32)
    for s in range(way.shape[0]):
        counts[s] = max(2, int(_PER_PIXEL * reach(way[s])))
    points = np.empty((counts.sum() + 1, 2))
    at = 0
    for s in range(way.shape[0]):
        for i in range(counts[s]):
            points[at, 0], points[at, 1] = point(way[s], i / counts[s])
            at += 1
    points[at, 0], points[at, 1] = way[-1, 3, 0], way[-1, 3, 1]
    return points


@compiled
def is_hidden(
    way: Numbers,
    sides: Numbers,
    end: float,
    labels: Integers,
    ranks: Integers,
    is_opaque: Flags,
    lower: int,
    other: int,
) -> bool:
    """Whether a way, and what lies so many pixels to these sides of it, is under shapes above `lower`, or in `other`.

    But for so many pixels at its ends; of what is shorter nothing is known. labels: height x width, the region of each
    pixel; ranks and is_opaque: when each region is drawn, and whether it hides what lies under it.
    """
    points = points_along(way)
    size, whole, gone = points.shape[0], 0.0, 0.0
    for i in range(1, size):
        whole += math.hypot(points[i, 0] - points[i - 1, 0], points[i, 1] - points[i - 1, 1])
    is_seen = False
    for i in range(size):
        before, after = max(0, i - 1), min(size - 1, i + 1)
        if i > 0:
            gone += math.hypot(points[i, 0] - points[i - 1, 0], points[i, 1] - points[i - 1, 1])
        if gone <= end or gone >= whole - end:
            continue
        is_seen = True
        dx, dy = points[after, 0] - points[before, 0], points[after, 1] - points[before, 1]
        length = math.hypot(dx, dy) + 1e-9
        for side in sides:
            x = math.floor(points[i, 0] - side * dy / length)
            y = math.floor(points[i, 1] + side * dx / length)
            if 0 <= x < labels.shape[1] and 0 <= y < labels.shape[0]:
                region = labels[y, x]
                if region != other and not (is_opaque[region] and ranks[region] > ranks[lower]):
                    return False
    return is_seen


@compiled
def is_covered(outline: Numbers, end: float, labels: Integers, ranks: Integers, is_opaque: Flags, lower: int) -> bool:
    """Whether all in an outline is `lower` itself or hides it, but for so many pixels around two of its points.

    outline: n x 2, points less than a pixel apart; the first one and the last one are those two.
    """
    height, width = labels.shape
    size = outline.shape[0]
    crossings = np.empty(size)
    for row in range(max(0, math.floor(outline[:, 1].min())), min(height, math.ceil(outline[:, 1].max()))):
        y = row + 0.5
        count = 0
        for i in range(size):
            ax, ay = outline[i - 1, 0], outline[i - 1, 1]
            bx, by = outline[i, 0], outline[i, 1]
            if (ay <= y) != (by <= y):
                crossings[count] = ax + (y - ay) / (by - ay) * (bx - ax)
                count += 1
        crossings[:count].sort()
        for k in range(0, count - 1, 2):
            for column in range(max(0, math.ceil(crossings[k] - 0.5)), min(width, math.ceil(crossings[k + 1] - 0.5))):
                region = labels[row, column]
                if region == lower or (is_opaque[region] and ranks[region] > ranks[lower]):
                    continue
                x = column + 0.5
                if (
                    math.hypot(x - outline[0, 0], y - outline[0, 1])
                    > end
                    < math.hypot(x - outline[-1, 0], y - outline[-1, 1])
                ):
                    return False
    return True
