"""The cracks between pixels of different regions, walked along."""

from __future__ import annotations

import numpy as np

from svgai.engine.kernels import Indices, Integers, compiled


@compiled
def walk_cracks(labels: Integers, points: Integers, starts: Integers, left: Integers, right: Integers) -> int:
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
                if degree[y0, x0] < (1 if rings else 3):
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
def find_crossings(labels: Integers, inks: Indices, crossings: Integers) -> int:
    """Write the corners, as (x, y), where two regions of one ink meet across two of another one.

    Returns how many there are, even where there is no room for all of them.
    """
    count = 0
    for y in range(1, labels.shape[0]):
        for x in range(1, labels.shape[1]):
            if labels[y, x] == labels[y - 1, x] or labels[y, x] == labels[y, x - 1]:
                continue  # as nearly everywhere
            one, other = inks[labels[y, x]], inks[labels[y - 1, x]]
            if one != other and one == inks[labels[y - 1, x - 1]] and other == inks[labels[y, x - 1]]:
                if count < len(crossings):
                    crossings[count, 0], crossings[count, 1] = x, y
                count += 1
    return count
