"""What may move in a network of curves, and what moves along.

Nodes move freely, but for those that end on another strand: they slide along it, and where a line that is exactly
level or upright ends there, to where it meets their host. Handles at a corner move freely; where a curve is smooth they
share one direction, which stays if it is exactly level or upright, and behind a line they go on as it does.
Each such freedom is a column; `write_rows` says how the coordinates of all control points follow.

A web is given as arrays: nodes n x 2; first and last, the nodes of each segment; handles m x 2 x 2;
is_line m; is_smooth n; before and after, the segments around each node or -1; host and at, the
segment that a node slides on, or -1, and where on it; keeps, the axis along which it stays where a line is, or -1;
chain n x 2, for each coordinate the first of the nodes that lines keep at one.
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
_LEAST_WAY = 0.5
"""The part of the way of a host along an axis that keeps what slides on it there."""
_TURNS, _THERE = 8, 1e-12
"""Newton's steps to where a host meets a line, at most, and pixels at which it does."""
_MOST_TURN, _MOST_SLIDE = 0.5, 0.7


@compiled
def can_move(n: int, axis: int, host: Integers, at: Numbers, controls: Numbers) -> bool:
    """Whether a node can be moved along an axis: it is free, or slides on what runs about that way."""
    if host[n] < 0:
        return True
    way = slope(controls[host[n]], at[n])
    return bool(abs(way[axis]) > _LEAST_WAY * math.hypot(way[0], way[1]))


@compiled
def find_movable(host: Integers, at: Numbers, controls: Numbers, is_movable: Flags) -> None:
    """Find which nodes can be moved along each axis."""
    for n in range(host.shape[0]):
        for axis in range(2):
            is_movable[n, axis] = can_move(n, axis, host, at, controls)


@compiled
def is_own(n: int, axis: int, host: Integers, keeps: Integers) -> bool:
    """Whether a coordinate of a node follows no host."""
    return bool(host[n] < 0 or keeps[n] == axis)


@compiled
def find_level(
    nodes: Numbers,
    first: Integers,
    last: Integers,
    is_line: Flags,
    host: Integers,
    at: Numbers,
    controls: Numbers,
    keeps: Integers,
    chain: Integers,
) -> None:
    """Find what lines that are exactly level or upright keep so: of nodes that slide, too, where they can be moved."""
    keeps[:] = -1
    is_level = np.zeros((first.shape[0], 2), np.bool_)
    for s in range(first.shape[0]):
        for axis in range(2):
            if not is_line[s] or nodes[first[s], axis] != nodes[last[s], axis]:
                continue
            is_level[s, axis] = True
            for n in (first[s], last[s]):
                if host[n] >= 0 and keeps[n] < 0 and can_move(n, axis, host, at, controls):
                    keeps[n] = axis
    for s in range(first.shape[0]):
        for axis in range(2):
            is_level[s, axis] &= is_own(first[s], axis, host, keeps) and is_own(last[s], axis, host, keeps)
    find_chains(first, last, is_level, chain)


@compiled
def find_chains(first: Integers, last: Integers, is_joined: Flags, chain: Integers) -> None:
    """Find for each coordinate of a node the least node that lines join it to; is_joined: lines x 2."""
    for n in range(chain.shape[0]):
        chain[n, :] = n
    for axis in range(2):
        lines = np.flatnonzero(is_joined[:, axis])
        is_done = len(lines) == 0
        while not is_done:
            is_done = True
            for s in lines:
                one, other = chain[first[s], axis], chain[last[s], axis]
                if one != other:
                    chain[first[s], axis] = chain[last[s], axis] = min(one, other)
                    is_done = False
            lines = lines[::-1].copy()  # forwards, then back


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
    keeps: Integers,
    chain: Integers,
    of_node: Integers,
    of_angle: Integers,
    tie: Integers,
    of_handle: Integers,
) -> int:
    """Number the columns: of each node, of its direction, and of each handle, with what ties it. Returns how many.

    of_node: n x 2, of x and y; a node that slides has one for both. The ends of a line that is exactly
    level share that of y, those of an upright one that of x, and one that slides there has no other.
    """
    columns = 0
    of_angle[:] = -1
    for n in range(nodes.shape[0]):
        for axis in range(2):
            if not is_own(n, axis, host, keeps):
                of_node[n, axis] = columns
                columns += axis if keeps[n] < 0 else 0
            elif chain[n, axis] < n:
                of_node[n, axis] = of_node[chain[n, axis], axis]
            else:
                of_node[n, axis] = columns
                columns += 1
    for n in range(nodes.shape[0]):
        if keeps[n] >= 0:
            of_node[n, 1 - keeps[n]] = of_node[n, keeps[n]]
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
    keeps: Integers,
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
                    if is_own(first[s], axis, host, keeps) and is_own(last[s], axis, host, keeps):
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
                segment, t, kept = controls[host[n]], at[n], keeps[n]
                u = 1 - t
                way = slope(segment, t)
                speed = way[kept] if kept >= 0 else math.hypot(way[0], way[1]) + 1e-9
                for axis in range(2):
                    row[count], column[count], value[count] = r + axis, of_node[n, axis], way[axis] / speed
                    count += 1
                for q in range(4):
                    weight = (u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t)[q]
                    for axis in range(2):
                        if axis == kept:
                            continue
                        led[ties], leader[ties], lead[ties] = r + axis, 8 * host[n] + 2 * q + axis, weight
                        ties += 1
                        if kept >= 0:
                            led[ties], leader[ties] = r + axis, 8 * host[n] + 2 * q + kept
                            lead[ties] = -weight * way[axis] / speed
                            ties += 1
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
    keeps: Integers,
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
            way, kept = slope(controls[host[n]], at[n]), keeps[n]
            speed = way[kept] if kept >= 0 else math.hypot(way[0], way[1]) + 1e-9
            along = min(_MOST_SLIDE, max(-_MOST_SLIDE, step[of_node[n, 0]]))
            new_at[n] = at[n] + along / speed
            if not least[n] <= new_at[n] <= most[n]:
                new_at[n] = min(most[n], max(least[n], new_at[n]))
                along = (new_at[n] - at[n]) * speed
            if kept >= 0:
                new_nodes[n, kept] = nodes[n, kept] + along
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
def met(segment: Numbers, axis: int, place: float, t: float) -> float:
    """Where a segment is at that place along an axis, sought from t on."""
    for _ in range(_TURNS):
        off, way = place - point(segment, t)[axis], slope(segment, t)[axis]
        if abs(off) < _THERE or abs(way) < 1e-9:
            break
        t = min(1.0, max(0.0, t + off / way))
    return t


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
    keeps: Integers,
    at: Numbers,
    controls: Numbers,
) -> None:
    """Put nodes that slide where their hosts are, with their handles, and write all control points.

    Those that keep a coordinate slide to where their hosts have it.
    """
    control(nodes, first, last, handles, is_line, controls)
    for _ in range(2):  # a host may end on another one
        for n in range(nodes.shape[0]):
            if host[n] < 0:
                continue
            if keeps[n] >= 0:
                at[n] = met(controls[host[n]], keeps[n], nodes[n, keeps[n]], at[n])
            place = point(controls[host[n]], at[n])
            x, y = place[0], place[1]
            if keeps[n] >= 0 and abs(place[keeps[n]] - nodes[n, keeps[n]]) < 10 * _THERE:
                x, y = (nodes[n, 0], y) if keeps[n] == 0 else (x, nodes[n, 1])
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
