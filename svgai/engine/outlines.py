"""Outlines: where boundaries really run, to a few hundredths of a pixel.

A boundary on the map follows the corners of pixels. Wherever it runs between two pixels, the
coverage on both sides tells where in that row or column the edge is. Where a boundary runs rather
sideways, columns are cut, otherwise rows: across an edge, a cut is exact.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svgai.cover import Cover
from svgai.engine.kernels import cut
from svgai.regions import OUTSIDE, Boundaries, Boundary, Outline, Regions

REACH = 3
"""Pixels to each side that may belong to one edge."""
_LOOK = 3
"""Steps to each side from which a boundary's direction is read."""


def find_outlines(boundaries: Boundaries, regions: Regions, cover: Cover) -> tuple[Outline, ...]:
    """One outline for each boundary, in the same order."""
    amounts = _Amounts(cover)
    return tuple(_outline(boundary, regions, amounts) for boundary in boundaries)


class _Amounts:
    """How much of each pixel an ink covers, worked out once for each ink."""

    def __init__(self, cover: Cover) -> None:
        self._cover = cover
        self._known: dict[int, NDArray[np.float32]] = {}

    def of(self, ink: int) -> NDArray[np.float32]:
        if ink not in self._known:
            cover = self._cover
            rest = np.where((cover.second == ink) & ~cover.is_pure, 1 - cover.share, 0)
            self._known[ink] = np.where(cover.first == ink, cover.share, rest).astype(np.float32)
        return self._known[ink]


def _outline(boundary: Boundary, regions: Regions, amounts: _Amounts) -> Outline:
    corners = boundary.points.astype(np.float64)
    if OUTSIDE in (boundary.left, boundary.right):
        return Outline(boundary, corners)  # the picture ends exactly there
    amount = amounts.of(int(regions.inks[boundary.left]))
    sideways = _runs_sideways(corners, boundary.is_ring)
    points = [
        _cut_column(amount, one, two) if one[1] == two[1] else _cut_row(amount, one, two)
        for one, two, is_sideways in zip(boundary.points, boundary.points[1:], sideways, strict=False)
        if (one[1] == two[1]) == is_sideways
    ]
    if boundary.is_ring and len(points) < 3:
        return Outline(boundary, corners)  # around a dot, where no direction can be told
    if boundary.is_ring:
        return Outline(boundary, np.array([*points, points[0]]))
    return Outline(boundary, np.array([corners[0], *points, corners[-1]]))


def _runs_sideways(corners: NDArray[np.float64], is_ring: bool) -> NDArray[np.bool_]:
    """For each step of a boundary, whether it runs more to the side than up or down around there."""
    steps = np.abs(np.diff(corners, axis=0))
    margin = np.take(steps, range(-_LOOK, 0), axis=0, mode="wrap"), np.take(steps, range(_LOOK), axis=0, mode="wrap")
    around = np.vstack(
        [margin[0], steps, margin[1]] if is_ring else [steps[:1]] * _LOOK + [steps] + [steps[-1:]] * _LOOK
    )
    sums = np.cumsum(np.vstack([np.zeros(2), around]), axis=0)
    window = sums[2 * _LOOK + 1 :] - sums[: -2 * _LOOK - 1]
    return np.asarray(window[:, 0] >= window[:, 1])


def _cut_row(amount: NDArray[np.float32], one: NDArray[np.int32], two: NDArray[np.int32]) -> tuple[float, float]:
    row, edge = min(one[1], two[1]), int(one[0])
    return _cut(amount[row], edge, left_is_before=two[1] < one[1]), row + 0.5


def _cut_column(amount: NDArray[np.float32], one: NDArray[np.int32], two: NDArray[np.int32]) -> tuple[float, float]:
    column, edge = min(one[0], two[0]), int(one[1])
    return column + 0.5, _cut(np.ascontiguousarray(amount[:, column]), edge, left_is_before=two[0] > one[0])


def _cut(line: NDArray[np.float32], edge: int, *, left_is_before: bool) -> float:
    if left_is_before:
        return float(cut(line, edge, REACH))
    return len(line) - float(cut(np.ascontiguousarray(line[::-1]), len(line) - edge, REACH))
