"""Where an edge crosses a row or a column of pixels."""

from __future__ import annotations

import numpy as np

from svgai.engine.kernels import Floats, Indices, Integers, Numbers, compiled


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
    corners: Integers,
    steps: Integers,
    first: Indices,
    second: Indices,
    share: Floats,
    ink: int,
    reach: int,
    points: Numbers,
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
