"""Compiled loops: plain numbers and arrays in and out, no classes and no exceptions across the border."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
Indices: TypeAlias = NDArray[np.int16]
Regioned: TypeAlias = NDArray[np.int32]
Lattice: TypeAlias = NDArray[np.int32]
Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(function: Kernel) -> Kernel:
    """Compile a loop, and keep the machine code where that is possible: a read-only disk must not stop the program."""
    try:
        made: Kernel = numba.njit(cache=True)(function)
    except RuntimeError:
        made = numba.njit(function)
    return made


@compiled
def find_pure(pixels: Floats, inks: Floats, tolerance: float, pure: Indices) -> None:
    """Write the index of the ink that fills each pixel, or -1: no channel may differ by the tolerance.

    pixels: height x width x 4; inks: n x 4. Of several inks the nearest wins, of equally near ones the first.
    """
    height, width = pure.shape
    for y in range(height):
        for x in range(width):
            pure[y, x] = -1
            least = tolerance
            for k in range(inks.shape[0]):
                difference = 0.0
                for c in range(4):
                    difference = max(difference, abs(pixels[y, x, c] - inks[k, c]))
                if difference < least:
                    least = difference
                    pure[y, x] = k


@compiled
def nearest_mix(pixel: Floats, one: Floats, other: Floats) -> tuple[float, float]:
    """The share of one ink in its mix with the other that comes nearest to a pixel, and the squared distance left."""
    along = 0.0
    length = 1e-9
    for c in range(4):
        step = one[c] - other[c]
        along += (pixel[c] - other[c]) * step
        length += step * step
    share = min(1.0, max(0.0, along / length))
    distance = 0.0
    for c in range(4):
        distance += (pixel[c] - other[c] - share * (one[c] - other[c])) ** 2
    return share, distance


@compiled
def explain(
    pixels: Floats,
    inks: Floats,
    pure: Indices,
    reach: int,
    strange: float,
    first: Indices,
    second: Indices,
    share: Floats,
    misfit: Floats,
) -> None:
    """Mix each pixel from the two inks, among those found pure within reach, that come nearest to it.

    pixels: height x width x 4; inks: n x 4; pure: height x width, an ink's index or -1.
    Writes first, second, share and misfit. Of two mixes that fit alike, the one with fewer inks wins.
    Where the best of them is off by more than strange, one of the two may be any ink.
    """
    height, width = pure.shape
    count = inks.shape[0]
    present = np.zeros(count, np.bool_)
    found = np.zeros(count, np.int64)
    for y in range(height):
        for x in range(width):
            if pure[y, x] >= 0:
                first[y, x] = second[y, x] = pure[y, x]
                share[y, x] = 1.0
                misfit[y, x] = 0.0
                continue
            n = 0
            for v in range(max(0, y - reach), min(height, y + reach + 1)):
                for u in range(max(0, x - reach), min(width, x + reach + 1)):
                    k = pure[v, u]
                    if k >= 0 and not present[k]:
                        present[k] = True
                        found[n] = k
                        n += 1
            best = 1e30
            for i in range(n):
                a = found[i]
                present[a] = False
                distance = 0.0
                for c in range(4):
                    distance += (pixels[y, x, c] - inks[a, c]) ** 2
                if distance < best:
                    best = distance
                    first[y, x] = second[y, x] = a
                    share[y, x] = 1.0
            for i in range(n):
                for j in range(i + 1, n):
                    a, b = found[i], found[j]
                    t, distance = nearest_mix(pixels[y, x], inks[a], inks[b])
                    if distance < best - 1.0:
                        best = distance
                        first[y, x], second[y, x], share[y, x] = (a, b, t) if t >= 0.5 else (b, a, 1.0 - t)
            if best > strange * strange:
                # A feature too thin for a pure pixel: one of its inks is near, the other anywhere.
                for i in range(max(n, 1)):
                    for b in range(count):
                        a = found[i] if n > 0 else 0
                        t, distance = nearest_mix(pixels[y, x], inks[a], inks[b])
                        if distance < best - 1.0:
                            best = distance
                            first[y, x], second[y, x], share[y, x] = (a, b, t) if t >= 0.5 else (b, a, 1.0 - t)
            misfit[y, x] = np.sqrt(best)


@compiled
def walk_cracks(labels: Regioned, points: Lattice, starts: Lattice, left: Lattice, right: Lattice) -> int:
    """Walk along all cracks between pixels of different labels, each crack once; the number of chains.

    labels: height x width. A chain runs from one junction (a lattice point where three or more
    cracks meet) to the next, or round in a ring. Chain i is points[starts[i]:starts[i + 1]] as
    (x, y), with label left[i] to its left and right[i] to its right; -1 lies outside.
    """
    height, width = labels.shape
    across = np.zeros((height + 1, width), np.bool_)  # the crack from (x, y) to (x + 1, y)
    down = np.zeros((height, width + 1), np.bool_)  # the crack from (x, y) to (x, y + 1)
    degree = np.zeros((height + 1, width + 1), np.int8)
    for y in range(height + 1):
        for x in range(width):
            above = labels[y - 1, x] if y > 0 else -1
            below = labels[y, x] if y < height else -1
            if above != below:
                across[y, x] = True
                degree[y, x] += 1
                degree[y, x + 1] += 1
    for y in range(height):
        for x in range(width + 1):
            west = labels[y, x - 1] if x > 0 else -1
            east = labels[y, x] if x < width else -1
            if west != east:
                down[y, x] = True
                degree[y, x] += 1
                degree[y + 1, x] += 1
    chains = 0
    size = 0
    starts[0] = 0
    for rings in range(2):  # first what begins at a junction, then the rings that are left
        for y0 in range(height + 1):
            for x0 in range(width + 1):
                if rings == 0 and degree[y0, x0] < 3:
                    continue
                for way in range(4):
                    x, y, heading = x0, y0, way
                    while True:
                        # 0 east, 1 south, 2 west, 3 north
                        if heading == 0 and x < width and across[y, x]:
                            across[y, x] = False
                            step_x, step_y = 1, 0
                            sides = (y - 1, x, y, x)
                        elif heading == 1 and y < height and down[y, x]:
                            down[y, x] = False
                            step_x, step_y = 0, 1
                            sides = (y, x, y, x - 1)
                        elif heading == 2 and x > 0 and across[y, x - 1]:
                            across[y, x - 1] = False
                            step_x, step_y = -1, 0
                            sides = (y, x - 1, y - 1, x - 1)
                        elif heading == 3 and y > 0 and down[y - 1, x]:
                            down[y - 1, x] = False
                            step_x, step_y = 0, -1
                            sides = (y - 1, x - 1, y - 1, x)
                        else:
                            break
                        if size == starts[chains]:
                            points[size, 0], points[size, 1] = x, y
                            size += 1
                            v, u, t, s = sides
                            left[chains] = labels[v, u] if 0 <= v < height and 0 <= u < width else -1
                            right[chains] = labels[t, s] if 0 <= t < height and 0 <= s < width else -1
                        x += step_x
                        y += step_y
                        points[size, 0], points[size, 1] = x, y
                        size += 1
                        if degree[y, x] >= 3 or (x == x0 and y == y0):
                            break
                        for turn in range(4):
                            if turn == (heading + 2) % 4:
                                continue
                            if (
                                (turn == 0 and x < width and across[y, x])
                                or (turn == 1 and y < height and down[y, x])
                                or (turn == 2 and x > 0 and across[y, x - 1])
                                or (turn == 3 and y > 0 and down[y - 1, x])
                            ):
                                heading = turn
                                break
                    if size > starts[chains]:
                        chains += 1
                        starts[chains] = size
    return chains


@compiled
def cut(line: Floats, edge: int, reach: int) -> float:
    """Where an edge crosses a line of pixels, from how much of each pixel the near side covers.

    line: the share that the near side has of each pixel, in order; the near side lies before the
    crack `edge`, the far side behind it. Near the edge the shares add up to where it runs. That is
    exact for a straight edge, which a share of one half between pixel centres is not. A near or far
    side too thin to hold a whole pixel is as wide as its shares add up to, around where they lie.
    """
    size = line.shape[0]
    first = edge
    while first > 0 and edge - first < reach and line[first - 1] < 1.0 and line[first - 1] > 0.0:
        first -= 1
    last = edge
    while last < size and last - edge < reach and line[last] > 0.0 and line[last] < 1.0:
        last += 1
    near = 0.0
    weighted = 0.0
    for i in range(first, last):
        near += line[i]
        weighted += line[i] * (i + 0.5)
    near_is_thin = first > 0 and line[first - 1] <= 0.0
    far_is_thin = last < size and line[last] >= 1.0
    if near_is_thin and near > 0.0:
        return weighted / near + near / 2
    if far_is_thin and last - first > near:
        far = (last - first) - near
        centre = ((last * last - first * first) / 2 - weighted) / far
        return centre - far / 2
    return first + near


@compiled
def cut_steps(
    corners: Lattice,
    steps: Lattice,
    first: Indices,
    second: Indices,
    share: Floats,
    ink: int,
    reach: int,
    points: NDArray[np.float64],
) -> None:
    """Write for each of these steps of a boundary where the edge crosses the row or column that it separates.

    corners: n x 2, (x, y); steps: indices of corners, each the beginning of a step; the ink is that of
    the region to the left. Only the pixels near the edge are looked at.
    """
    height, width = first.shape
    line = np.empty(2 * reach + 2, np.float32)
    for number in range(steps.shape[0]):
        x, y = corners[steps[number], 0], corners[steps[number], 1]
        u, v = corners[steps[number] + 1, 0], corners[steps[number] + 1, 1]
        is_row = x == u
        edge, across = (x, min(y, v)) if is_row else (y, min(x, u))
        begin, end = max(0, edge - reach - 1), min(width if is_row else height, edge + reach + 1)
        left_is_before = v < y if is_row else u > x
        size = end - begin
        for i in range(size):
            row, column = (across, begin + i) if is_row else (begin + i, across)
            amount = np.float32(0.0)
            if first[row, column] == ink:
                amount = share[row, column]
            elif second[row, column] == ink:
                amount = np.float32(1.0) - share[row, column]
            line[i if left_is_before else size - 1 - i] = amount
        if left_is_before:
            place = begin + cut(line[:size], edge - begin, reach)
        else:
            place = end - cut(line[:size], end - edge, reach)
        points[number, 0], points[number, 1] = (place, across + 0.5) if is_row else (across + 0.5, place)
