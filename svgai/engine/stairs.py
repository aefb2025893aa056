"""Edges that no pixel is mixed at: stairs, as of a drawing drawn without smoothing, and squares.

Whoever draws like that fills each pixel of which the middle lies inside. So no pixel tells where in it the edge runs,
but many of them together do. Where a drawing is made of squares, as pixel art is, its steps are meant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svgai.cover import Cover
from svgai.engine.kernels.stairs import ease
from svgai.regions import OUTSIDE, Boundaries, Boundary, Edges
from svgai.strands import Numbers

_MIXED = 0.1
"""Mixes for each turn of the boundaries below which nothing was smoothed; along smooth edges there is more than one."""
_EXPLAINED = 4.0
"""Steps of colour that a pixel may be from its ink."""
_SINGLE = 0.5
"""The part of all turns that have a run of a single pixel to one side; where stairs were smooth it is nearly all."""
_ROUND = 0.45
"""The part of all turns behind which it turns the same way again, as around single pixels; in stairs it turns back."""
_SMALL = 48
"""Pixels of a side of a picture in which every one is meant."""
_LEAST = 8
"""Points of an outline that say where it runs."""
_LONG, _SHORT = 3, 2
"""Pixels that an edge goes straight before a corner, and behind it; or else the other way round."""


def edges_of(boundaries: Boundaries, cover: Cover) -> Edges:
    """What the edges of a picture are."""
    strange = np.count_nonzero(~cover.is_pure | (cover.misfit > _EXPLAINED))
    if strange >= _MIXED * sum(len(boundary.points) for boundary in boundaries):
        return Edges.SMOOTH  # it cannot have more turns than points
    all_turns = [Turns.of(each) for each in boundaries if OUTSIDE not in (each.left, each.right)]
    count = sum(len(turns.at) for turns in all_turns)
    if strange and strange >= _MIXED * count:
        return Edges.SMOOTH
    if max(cover.first.shape) <= _SMALL:
        return Edges.SQUARES
    singles = sum(np.count_nonzero(turns.is_single) for turns in all_turns)
    rounds = sum(np.count_nonzero(turns.is_round) for turns in all_turns)
    return Edges.STAIRS if singles > _SINGLE * count and rounds < _ROUND * count else Edges.SQUARES


@dataclass(frozen=True, eq=False)
class Turns:
    """Where a boundary turns."""

    at: NDArray[np.int64]
    """The step that follows each turn."""
    before: NDArray[np.int64]
    """How long the boundary goes straight before it."""
    behind: NDArray[np.int64]
    following: NDArray[np.int64]
    """And behind the next turn."""
    is_round: NDArray[np.bool_]
    """Whether the next one turns the same way."""

    @classmethod
    def of(cls, boundary: Boundary) -> Turns:
        ways = np.diff(boundary.points, axis=0)
        size = len(ways)
        if boundary.is_ring:
            ways = np.vstack([ways[-1:], ways])
        turned = ways[:-1, 0] * ways[1:, 1] - ways[:-1, 1] * ways[1:, 0]
        at, sides = np.flatnonzero(turned), turned[turned != 0]
        if boundary.is_ring:
            runs = np.diff(np.append(at, at[0] + size))
            return cls(at, np.roll(runs, 1), runs, np.roll(runs, -1), sides == np.roll(sides, -1))
        at += 1
        runs = np.diff(np.concatenate([[0], at, [size]]))
        return cls(at, runs[:-1], runs[1:], np.append(runs[2:], 0)[: len(at)], sides == np.append(sides[1:], 0))

    @property
    def is_single(self) -> NDArray[np.bool_]:
        """Whether there is a run of one pixel to a side."""
        return np.asarray(np.minimum(self.before, self.behind) == 1)

    @property
    def is_corner(self) -> NDArray[np.bool_]:
        """Whether the drawing has a corner here, too: no smooth edge makes such stairs.

        Between two longer runs there is one, and two at the end of what is thin, where it turns the same way twice.
        """
        is_between = (np.minimum(self.before, self.behind) >= _SHORT) & (np.maximum(self.before, self.behind) >= _LONG)
        is_end = self.is_round & (self.before >= _LONG) & (self.following >= _LONG)
        return np.asarray(is_between | is_end | np.roll(is_end, 1))


def corners(boundary: Boundary) -> Numbers:
    """The points of a boundary where it turns, and its ends."""
    places = np.unique(np.concatenate([[0], Turns.of(boundary).at, [len(boundary.points) - 1]]))
    return np.asarray(boundary.points[places], np.float64)


def smoothed(points: Numbers, steps: NDArray[np.int32], is_level: NDArray[np.bool_], boundary: Boundary) -> Numbers:
    """Points in the middle of these steps of a boundary, level ones or not, moved to where the edge most likely is."""
    if len(points) < _LEAST:
        return points
    turns = Turns.of(boundary)
    passed = np.searchsorted(turns.at[turns.is_corner], steps, "right")
    is_behind = passed != np.roll(passed, 1)
    if boundary.is_ring:
        is_behind[0] = passed[0] > 0 or passed[-1] < np.count_nonzero(turns.is_corner)
    eased = np.empty_like(points)
    ease(points, is_level, is_behind, boundary.is_ring, eased)
    return eased
