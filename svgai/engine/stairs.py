"""Stairs: the edges of a picture that was drawn without smoothing.

Whoever draws like that fills each pixel of which the middle lies inside. So no pixel tells where in it the edge runs,
but many of them together do. Drawings that are made of squares are none of these: their steps are meant.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svgai.cover import Cover
from svgai.engine.kernels.stairs import ease
from svgai.regions import OUTSIDE, Boundaries, Boundary
from svgai.strands import Numbers

_MIXED = 0.1
"""Mixes for each turn of the boundaries below which nothing was smoothed; along smooth edges there is more than one."""
_EXPLAINED = 4.0
"""Steps of colour that a pixel may be from its ink."""
_SINGLE = 0.5
"""The part of all turns that have a run of a single pixel to one side; where stairs were smooth it is nearly all."""
_LEAST = 8
"""Points of an outline that say where it runs."""
_LONG, _SHORT = 3, 2
"""Pixels that an edge goes straight before a corner, and behind it; or else the other way round."""


def is_stepped(boundaries: Boundaries, cover: Cover) -> bool:
    """Whether the edges of a picture are stairs."""
    inner = [boundary for boundary in boundaries if OUTSIDE not in (boundary.left, boundary.right)]
    shorter = np.concatenate([np.empty(0, np.int64), *(np.minimum(runs[:-1], runs[1:]) for runs in map(_runs, inner))])
    strange = np.count_nonzero(~cover.is_pure | (cover.misfit > _EXPLAINED))
    return bool(strange < _MIXED * len(shorter) and (shorter == 1).mean() > _SINGLE)


def _runs(boundary: Boundary) -> NDArray[np.int64]:
    """How long a boundary goes on straight, again and again."""
    is_level = boundary.points[1:, 1] == boundary.points[:-1, 1]
    turns = np.flatnonzero(is_level[1:] != is_level[:-1]) + 1
    return np.diff(np.concatenate([[0], turns, [len(is_level)]]))


def smoothed(points: Numbers, steps: NDArray[np.int32], boundary: Boundary) -> Numbers:
    """Points in the middle of these steps of a boundary, moved to where the edge most likely is."""
    if len(points) < _LEAST:
        return points
    is_level = boundary.points[1:, 1] == boundary.points[:-1, 1]
    passed = np.cumsum(_corners(boundary))
    is_behind = passed[steps] != passed[np.roll(steps, 1)]
    if boundary.is_ring:
        is_behind[0] = passed[steps[-1]] < passed[-1] + passed[steps[0]]
    eased = np.empty_like(points)
    ease(points, is_level[steps], is_behind, boundary.is_ring, eased)
    return eased


def _corners(boundary: Boundary) -> NDArray[np.bool_]:
    """Which steps begin at a corner that the drawing has, too: no smooth edge makes such stairs.

    Between two longer runs there is one, and two at the end of what is thin, between two runs that turn the same way.
    """
    ways = np.diff(boundary.points, axis=0)
    is_corner = np.zeros(len(ways), np.bool_)
    if boundary.is_ring:
        ways = np.vstack([ways[-1:], ways])
    turned = ways[:-1, 0] * ways[1:, 1] - ways[:-1, 1] * ways[1:, 0]
    turns = np.flatnonzero(turned) + (0 if boundary.is_ring else 1)
    if len(turns) < 2:
        return is_corner
    sides = turned[turned != 0]
    if boundary.is_ring:
        runs = np.diff(np.append(turns, turns[0] + len(is_corner)))
        before, behind, following = np.roll(runs, 1), runs, np.roll(runs, -1)
        is_end = sides == np.roll(sides, -1)
    else:
        runs = np.diff(np.concatenate([[0], turns, [len(is_corner)]]))
        before, behind, following = runs[:-1], runs[1:], np.append(runs[2:], 0)
        is_end = np.append(sides[1:] == sides[:-1], False)
    is_between = (np.minimum(before, behind) >= _SHORT) & (np.maximum(before, behind) >= _LONG)
    is_end &= (before >= _LONG) & (following >= _LONG)
    is_corner[turns[is_between | is_end | np.roll(is_end, 1)]] = True
    return is_corner
