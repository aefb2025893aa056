"""What may move in a network of curves, and what moves along.

Nodes move freely, but for those that end on another strand: they slide along it. Handles at a corner
move freely; where a curve is smooth they share one direction, which stays if it is exactly level or upright, and behind
a line they go on as it does.
Each such freedom is a column; `write_rows` says how the coordinates of all control points follow.

A web is given as arrays: nodes n x 2; first and last, the nodes of each segment; handles m x 2 x 2;
is_line m; is_smooth n; before and after, the segments around each node or -1; host and at, the
segment that a node slides on, or -1, and where on it.
"""

from __future__ import annotations

import math

import numpy as np

from svgai.engine.kernels import Flags, Integers, Numbers, compiled
from svgai.engine.kernels.beziers import cut, point, slope

FREE, TURNING, TRAILING, HELD = 0, 1, 2, 3
_ARM = 5.0
"""Pixels from a node at which turning by one unit moves a handle by one pixel."""
_APART = 0.25
"""Pixels between two nodes that slide on the same segment."""
_LEAST_LINE = 2.0
"""Pixels of a line that decides about a direction."""
_SAME_WAY = 0.98
"""Cosine of the angle by which a handle may miss the direction of a line that it is then held to."""
_LEAST_HANDLE = 0.15
_MOST_TURN, _MOST_SLIDE = 0.5, 0.7


@compiled
def next_in_line(
    n: int, axis: int, nodes: Numbers, ends: Integers, is_line: Flags, segments: Integers, host: Integers
) -> int:
    """The node to which a line leads that keeps a coordinate, or -1."""
    s = segments[n]
    if s < 0 or not is_line[s]:
        return -1
    m = ends[s]
    return int(m) if host[m] < 0 and nodes[m, axis] == nodes[n, axis] else -1


@compiled
def find_freedoms(
    nodes: Numbers,
    first: Integers,
    last: Integers,
    handles: Numbers,
    is_line: Flags,
    is_smooth: Flags,
    before: Integers,
    after: Integers,
    host: Integers,
    of_node: Integers,
    of_angle: Integers,
    tie: Integers,
    of_handle: Integers,
) -> int:
    """Number the columns: of each node, of its direction, and of each handle, with what ties it. Returns how many.

    of_node: n x 2, of x and y; a node that slides has one for both. The ends of a line that is exactly
    level share that of y, those of an upright one that of x.
    """
    columns = 0
    of_node[:] = -1
    of_angle[:] = -1
    for n in range(nodes.shape[0]):
        for axis in range(2):
            if host[n] >= 0:
                of_node[n, axis] = columns
                columns += axis
            elif of_node[n, axis] < 0:
                at = n
                for _ in range(nodes.shape[0]):  # along all lines that keep this coordinate, forwards, then back
                    of_node[at, axis] = columns
                    at = next_in_line(at, axis, nodes, last, is_line, after, host)
                    if at < 0 or of_node[at, axis] >= 0:
                        break
                at = n
                for _ in range(nodes.shape[0]):
                    of_node[at, axis] = columns
                    at = next_in_line(at, axis, nodes, first, is_line, before, host)
                    if at < 0 or of_node[at, axis] >= 0:
                        break
                columns += 1
    for s in range(first.shape[0]):
        for end in range(2):
            tie[s, end] = FREE
            of_handle[s, end] = -1
            if is_line[s]:
                continue
            n = first[s] if end == 0 else last[s]
            beyond = before[n] if end == 0 else after[n]
            of_handle[s, end] = columns
            reach = math.hypot(handles[s, end, 0] - nodes[n, 0], handles[s, end, 1] - nodes[n, 1])
            if is_smooth[n] and beyond >= 0 and beyond != s and reach > 1e-6:
                if not is_line[beyond]:
                    tie[s, end] = TURNING
                    for axis in range(2):
                        if handles[s, end, axis] == nodes[n, axis] == handles[beyond, 1 - end, axis]:
                            tie[s, end] = HELD
                else:
                    m = first[beyond] if end == 0 else last[beyond]
                    ux, uy = nodes[n, 0] - nodes[m, 0], nodes[n, 1] - nodes[m, 1]
                    vx, vy = handles[s, end, 0] - nodes[n, 0], handles[s, end, 1] - nodes[n, 1]
                    length = math.hypot(ux, uy)
                    if length > _LEAST_LINE and ux * vx + uy * vy > _SAME_WAY * length * reach:
                        tie[s, end] = TRAILING
            columns += 2 if tie[s, end] == FREE else 1
            if tie[s, end] == TURNING and of_angle[n] < 0:
                of_angle[n] = columns
                columns += 1
    return columns


@compiled
def far_end(n: int, end: int, first: Integers, last: Integers, before: Integers, after: Integers) -> int:
    """The other node of the line that a handle goes on from."""
    return int(first[before[n]] if end == 0 else last[after[n]])


@compiled
def write_rows(
    nodes: Numbers,
    first: Integers,
    last: Integers,
    handles: Numbers,
    is_line: Flags,
    before: Integers,
    after: Integers,
    host: Integers,
    at: Numbers,
    controls: Numbers,
    of_node: Integers,
    of_angle: Integers,
    tie: Integers,
    of_handle: Integers,
    row: Integers,
    column: Integers,
    value: Numbers,
    led: Integers,
    leader: Integers,
    lead: Numbers,
) -> tuple[int, int]:
    """How each coordinate follows the freedoms (row, column, value), and others that it is tied to (led, leader, lead).

    Rows are 8 of each segment, x and y of its control points. Returns how many there are of both kinds.
    """
    count = ties = 0
    for s in range(first.shape[0]):
        for k in range(4):
            r = 8 * s + 2 * k
            if is_line[s] and 0 < k < 3:
                for axis in range(2):
                    if host[first[s]] < 0 and host[last[s]] < 0:
                        row[count], column[count], value[count] = r + axis, of_node[first[s], axis], (3 - k) / 3
                        row[count + 1], column[count + 1], value[count + 1] = r + axis, of_node[last[s], axis], k / 3
                        count += 2
                        continue
                    led[ties], leader[ties], lead[ties] = r + axis, 8 * s + axis, (3 - k) / 3
                    led[ties + 1], leader[ties + 1], lead[ties + 1] = r + axis, 8 * s + 6 + axis, k / 3
                    ties += 2
                continue
            end = 0 if k < 2 else 1
            n = first[s] if end == 0 else last[s]
            if host[n] < 0:
                row[count], column[count], value[count] = r, of_node[n, 0], 1.0
                row[count + 1], column[count + 1], value[count + 1] = r + 1, of_node[n, 1], 1.0
                count += 2
            else:
                segment, t = controls[host[n]], at[n]
                u = 1 - t
                for q in range(4):
                    weight = (u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t)[q]
                    for axis in range(2):
                        led[ties], leader[ties], lead[ties] = r + axis, 8 * host[n] + 2 * q + axis, weight
                        ties += 1
                dx, dy = slope(segment, t)
                speed = math.hypot(dx, dy) + 1e-9
                row[count], column[count], value[count] = r, of_node[n, 0], dx / speed
                row[count + 1], column[count + 1], value[count + 1] = r + 1, of_node[n, 0], dy / speed
                count += 2
            if k in (0, 3):
                continue
            c = of_handle[s, end]
            dx, dy = handles[s, end, 0] - nodes[n, 0], handles[s, end, 1] - nodes[n, 1]
            reach = math.hypot(dx, dy) + 1e-12
            if tie[s, end] == FREE:
                row[count], column[count], value[count] = r, c, 1.0
                row[count + 1], column[count + 1], value[count + 1] = r + 1, c + 1, 1.0
                count += 2
                continue
            row[count], column[count], value[count] = r, c, dx / reach
            row[count + 1], column[count + 1], value[count + 1] = r + 1, c, dy / reach
            count += 2
            if tie[s, end] == TURNING:
                row[count], column[count], value[count] = r, of_angle[n], -dy / _ARM
                row[count + 1], column[count + 1], value[count + 1] = r + 1, of_angle[n], dx / _ARM
                count += 2
            elif tie[s, end] == TRAILING:
                m = far_end(n, end, first, last, before, after)
                ux, uy = nodes[n, 0] - nodes[m, 0], nodes[n, 1] - nodes[m, 1]
                length = math.hypot(ux, uy) + 1e-9
                across = (-uy / length, ux / length)
                for which in range(2):
                    node, sign = (n, 1.0) if which == 0 else (m, -1.0)
                    if host[node] >= 0:
                        continue
                    for axis in range(2):
                        for other in range(2):
                            row[count], column[count] = r + axis, of_node[node, other]
                            value[count] = sign * reach / length * across[axis] * across[other]
                            count += 1
    return count, ties


@compiled
def rooms(controls: Numbers, host: Integers, at: Numbers) -> tuple[Numbers, Numbers]:
    """How far each node may slide on its host: half way to where it would meet the next one on either side."""
    least, most = np.zeros(at.shape[0]), np.ones(at.shape[0])
    sliding = np.flatnonzero(host >= 0)
    order = sliding[np.argsort(2.0 * host[sliding] + at[sliding], kind="mergesort")]
    for k in range(1, order.shape[0]):
        one, other = order[k - 1], order[k]
        if host[one] == host[other]:
            x, y = point(controls[host[one]], at[one])
            u, v = point(controls[host[other]], at[other])
            room = max(0.0, 1 - _APART / (math.hypot(u - x, v - y) + 1e-9)) * (at[other] - at[one]) / 2
            most[one], least[other] = at[one] + room, at[other] - room
    return least, most


@compiled
def move(
    step: Numbers,
    nodes: Numbers,
    first: Integers,
    last: Integers,
    handles: Numbers,
    is_line: Flags,
    before: Integers,
    after: Integers,
    host: Integers,
    at: Numbers,
    controls: Numbers,
    of_node: Integers,
    of_angle: Integers,
    tie: Integers,
    of_handle: Integers,
    new_nodes: Numbers,
    new_handles: Numbers,
    new_at: Numbers,
) -> None:
    """Take a step: write where nodes and handles are then. Nodes that slide are put in place by `settle`.

    None slides past another one: what lies between the two would be gone.
    """
    least, most = rooms(controls, host, at)
    for n in range(nodes.shape[0]):
        if host[n] < 0:
            new_nodes[n, 0] = nodes[n, 0] + step[of_node[n, 0]]
            new_nodes[n, 1] = nodes[n, 1] + step[of_node[n, 1]]
        else:
            dx, dy = slope(controls[host[n]], at[n])
            along = min(_MOST_SLIDE, max(-_MOST_SLIDE, step[of_node[n, 0]]))
            new_at[n] = min(most[n], max(least[n], at[n] + along / (math.hypot(dx, dy) + 1e-9)))
    for s in range(first.shape[0]):
        if is_line[s]:
            continue
        for end in range(2):
            n = first[s] if end == 0 else last[s]
            c = of_handle[s, end]
            dx, dy = handles[s, end, 0] - nodes[n, 0], handles[s, end, 1] - nodes[n, 1]
            x, y = new_nodes[n, 0], new_nodes[n, 1]
            if tie[s, end] == FREE:
                new_handles[s, end, 0], new_handles[s, end, 1] = x + dx + step[c], y + dy + step[c + 1]
                continue
            reach = math.hypot(dx, dy) + 1e-12
            length = max(_LEAST_HANDLE, 0.3 * reach, reach + step[c])
            if tie[s, end] == TURNING:
                angle = min(_MOST_TURN, max(-_MOST_TURN, step[of_angle[n]] / _ARM))
                cos, sin = math.cos(angle), math.sin(angle)
                ux, uy = (dx * cos - dy * sin) / reach, (dx * sin + dy * cos) / reach
            elif tie[s, end] == HELD:
                ux, uy = dx / reach, dy / reach
            else:
                m = far_end(n, end, first, last, before, after)
                ux, uy = x - new_nodes[m, 0], y - new_nodes[m, 1]
                line = math.hypot(ux, uy) + 1e-12
                ux, uy = ux / line, uy / line
            new_handles[s, end, 0], new_handles[s, end, 1] = x + length * ux, y + length * uy


@compiled
def control(
    nodes: Numbers, first: Integers, last: Integers, handles: Numbers, is_line: Flags, controls: Numbers
) -> None:
    """Write the control points of all segments, those of lines at their thirds."""
    for s in range(first.shape[0]):
        for axis in range(2):
            a, b = nodes[first[s], axis], nodes[last[s], axis]
            controls[s, 0, axis], controls[s, 3, axis] = a, b
            controls[s, 1, axis] = a + (b - a) / 3 if is_line[s] else handles[s, 0, axis]
            controls[s, 2, axis] = b + (a - b) / 3 if is_line[s] else handles[s, 1, axis]


@compiled
def settle(
    nodes: Numbers,
    first: Integers,
    last: Integers,
    handles: Numbers,
    is_line: Flags,
    before: Integers,
    after: Integers,
    host: Integers,
    at: Numbers,
    controls: Numbers,
) -> None:
    """Put nodes that slide where their hosts are, with their handles, and write all control points."""
    control(nodes, first, last, handles, is_line, controls)
    for _ in range(2):  # a host may end on another one
        for n in range(nodes.shape[0]):
            if host[n] < 0:
                continue
            x, y = point(controls[host[n]], at[n])
            dx, dy = x - nodes[n, 0], y - nodes[n, 1]
            nodes[n, 0], nodes[n, 1] = x, y
            if after[n] >= 0:
                handles[after[n], 0, 0] += dx
                handles[after[n], 0, 1] += dy
            if before[n] >= 0:
                handles[before[n], 1, 0] += dx
                handles[before[n], 1, 1] += dy
        control(nodes, first, last, handles, is_line, controls)


@compiled
def cut_pieces(controls: Numbers, segment: Integers, begin: Numbers, end: Numbers, pieces: Numbers) -> None:
    """Write the part from begin to end of each of these segments."""
    for i in range(segment.shape[0]):
        cut(controls[segment[i]], begin[i], end[i], pieces[i])
