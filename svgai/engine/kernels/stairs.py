"""Stairs made smooth: an edge that is known to half a pixel, where it most likely runs."""

from __future__ import annotations

import math

import numpy as np

from svgai.engine.kernels import Flags, Numbers, compiled

_ROUNDS = 6
_EVEN_ROUNDS = 2
"""Rounds in which every bend is as dear; afterwards sharp ones are cheaper, so that corners stay."""
_SHARP = 0.1
"""Radians for each pixel from which a bend may be a corner."""
_FAITH = 0.03
"""What a squared pixel away from the stairs costs, in units of a squared radian of bending for each pixel."""
_NEAREST = 0.3
"""Pixels between two points, at least."""
_BEYOND = 32
"""Points that a ring goes on for at both ends, so that neither is seen in the middle."""


@compiled
def add_bend(
    at: int,
    points: Numbers,
    is_upward: Flags,
    moved: Numbers,
    is_even: bool,
    bands: Numbers,
    pull: Numbers,
) -> None:
    """Add to the equations what it costs to bend at a point; `points` and `is_upward` are of it and its neighbours."""
    dx, dy = points[:, 0].copy(), points[:, 1].copy()
    for k in range(3):
        if is_upward[k]:
            dy[k] += moved[k]
        else:
            dx[k] += moved[k]
    before = max(_NEAREST, math.hypot(dx[1] - dx[0], dy[1] - dy[0]))
    after = max(_NEAREST, math.hypot(dx[2] - dx[1], dy[2] - dy[1]))
    ways = (1 / before, -1 / before - 1 / after, 1 / after)
    weight = 2 / (before + after)
    if not is_even:
        turn_x = ways[0] * dx[0] + ways[1] * dx[1] + ways[2] * dx[2]
        turn_y = ways[0] * dy[0] + ways[1] * dy[1] + ways[2] * dy[2]
        weight /= math.sqrt(1 + (turn_x * turn_x + turn_y * turn_y) / (_SHARP * _SHARP))
    still_x = ways[0] * points[0, 0] + ways[1] * points[1, 0] + ways[2] * points[2, 0]
    still_y = ways[0] * points[0, 1] + ways[1] * points[1, 1] + ways[2] * points[2, 1]
    for k in range(3):
        pull[at + k - 1] -= weight * ways[k] * (still_y if is_upward[k] else still_x)
        for m in range(k + 1):
            if is_upward[k] == is_upward[m]:
                bands[k - m, at + k - 1] += weight * ways[k] * ways[m]


@compiled
def solve_bands(bands: Numbers, pull: Numbers) -> None:
    """Solve equations in which each number meets but the two before it and the two behind; the answer is in `pull`.

    bands: 3 x n; row k holds what number i shares with number i - k. It is overwritten.
    """
    n = pull.shape[0]
    for i in range(n):
        far = bands[2, i] if i > 1 else 0.0
        near = (bands[1, i] - (far * bands[1, i - 1] if i > 1 else 0.0)) if i > 0 else 0.0
        whole = bands[0, i]
        if i > 1:
            whole -= far * far / bands[0, i - 2]
            bands[2, i] = far / bands[0, i - 2]
            pull[i] -= bands[2, i] * pull[i - 2]
        if i > 0:
            whole -= near * near / bands[0, i - 1]
            bands[1, i] = near / bands[0, i - 1]
            pull[i] -= bands[1, i] * pull[i - 1]
        bands[0, i] = whole
    for i in range(n - 1, -1, -1):
        pull[i] /= bands[0, i]
        if i + 1 < n:
            pull[i] -= bands[1, i + 1] * pull[i + 1]
        if i + 2 < n:
            pull[i] -= bands[2, i + 2] * pull[i + 2]


@compiled
def ease(points: Numbers, is_upward: Flags, is_behind: Flags, is_ring: bool, eased: Numbers) -> None:
    """Move each point of an outline, up and down or else sideways, so that it bends little and is near the stairs.

    That is a smoothing spline in which a bend that is sharp anyhow costs less (least squares, weighed anew each round).
    Around a corner nothing is bent: `is_behind` tells which points come right behind one.
    """
    n = points.shape[0]
    beyond = _BEYOND if is_ring else 0
    size = n + 2 * beyond
    track, ways, behind = np.empty((size, 2)), np.empty(size, np.bool_), np.empty(size, np.bool_)
    for i in range(size):
        track[i] = points[(i - beyond) % n]
        ways[i] = is_upward[(i - beyond) % n]
        behind[i] = is_behind[(i - beyond) % n]
    moved = np.zeros(size)
    bands = np.empty((3, size))
    for turn in range(_ROUNDS):
        pull = np.zeros(size)
        bands[:] = 0.0
        bands[0] = _FAITH
        for i in range(1, size - 1):
            three = slice(i - 1, i + 2)
            if not behind[i] and not behind[i + 1]:
                add_bend(i, track[three], ways[three], moved[three], turn < _EVEN_ROUNDS, bands, pull)
        solve_bands(bands, pull)
        moved = pull
    for i in range(n):
        eased[i] = points[i]
        eased[i, 1 if is_upward[i] else 0] += moved[i + beyond]
