"""Gauss and Newton's step: how pieces follow what may move, the equations of it, and their solution.

What may move is numbered: these are the columns. Sparse matrices are given as rows: `start`, where the entries of each
row begin, and `column` and `value` of each entry. Everything is added up in one order on every machine.
"""

from __future__ import annotations

import numpy as np

from svgai.engine.kernels import Flags, Integers, Numbers, compiled

_DEPTH = 5
"""A line's thirds follow its end, that a line's thirds, these its end, that another line's thirds, these its ends."""
_BLOCK = 128
"""So many columns are solved for exactly, and all of them by turns."""
_LEAST_PIVOT = 1e-9
_MOST_TURNS = 100
_EXACT = 1e-14
"""Part of the error, squared, at which a solution is good enough."""


@compiled
def sorted_by_row(row: Integers, count: int, rows: int) -> tuple[Integers, Integers]:
    """Where the entries of each row begin, and the entries in the order of their rows."""
    start, order = np.zeros(rows + 1, np.int32), np.empty(count, np.int32)
    for e in range(count):
        start[row[e] + 1] += 1
    for r in range(rows):
        start[r + 1] += start[r]
    free = start[:-1].copy()
    for e in range(count):
        order[free[row[e]]] = e
        free[row[e]] += 1
    return start, order


@compiled
def blossom(begin: float, end: float, weights: Numbers) -> None:
    """How the control points of the part of a cubic from begin to end follow those of the whole."""
    for k in range(4):
        p = end if k > 2 else begin
        q = end if k > 1 else begin
        r = end if k > 0 else begin
        weights[k, 0] = (1 - p) * (1 - q) * (1 - r)
        weights[k, 1] = p * (1 - q) * (1 - r) + (1 - p) * q * (1 - r) + (1 - p) * (1 - q) * r
        weights[k, 2] = p * q * (1 - r) + p * (1 - q) * r + (1 - p) * q * r
        weights[k, 3] = p * q * r


@compiled
def follow(
    rows: tuple[Integers, Integers, Numbers, int],
    ties: tuple[Integers, Integers, Numbers, int],
    segment: Integers,
    begin: Numbers,
    end: Numbers,
    size: int,
    is_moving: Flags,
) -> tuple[Integers, Integers, Numbers]:
    """How the coordinates of pieces follow the columns that move, as rows.

    rows and ties: those of `moves.write_rows`, of the coordinates of `size` segments; segment, begin and end: the
    segment that each piece is a part of, and which part.
    """
    start, order = sorted_by_row(rows[0], rows[3], 8 * size)
    tied, tie_order = sorted_by_row(ties[0], ties[3], 8 * size)
    pieces = segment.shape[0]
    begun = np.zeros(8 * pieces + 1, np.int32)
    column, value = np.empty(64 * pieces + 64, np.int32), np.empty(64 * pieces + 64)
    place, stamp = np.empty(len(is_moving), np.int32), np.full(len(is_moving), -1, np.int32)
    waiting, weight, depth = np.empty(4096, np.int32), np.empty(4096), np.empty(4096, np.int32)
    weights = np.empty((4, 4))
    count = 0
    for i in range(pieces):
        blossom(begin[i], end[i], weights)
        for k in range(8):
            r = 8 * i + k
            most = 0
            for j in range(4):
                if weights[k // 2, j] != 0:
                    waiting[most], weight[most] = 8 * segment[i] + 2 * j + k % 2, weights[k // 2, j]
                    depth[most] = 0
                    most += 1
            while most > 0:
                most -= 1
                s, w, deep = waiting[most], weight[most], depth[most]
                for e in order[start[s] : start[s + 1]]:
                    c = rows[1][e]
                    if not is_moving[c]:
                        continue
                    if stamp[c] != r:
                        if count == column.shape[0]:
                            column = np.concatenate((column, np.empty_like(column)))
                            value = np.concatenate((value, np.empty_like(value)))
                        stamp[c], place[c] = r, count
                        column[count], value[count] = c, 0.0
                        count += 1
                    value[place[c]] += w * rows[2][e]
                if deep < _DEPTH and most + tied[s + 1] - tied[s] <= waiting.shape[0]:
                    for e in tie_order[tied[s] : tied[s + 1]]:
                        waiting[most], weight[most], depth[most] = ties[1][e], w * ties[2][e], deep + 1
                        most += 1
            begun[r + 1] = count
    return begun, column[:count], value[:count]


@compiled
def local_columns(start: Integers, column: Integers, columns: int) -> tuple[Integers, Integers, Integers]:
    """The columns that each piece follows: where they begin, which they are, and the place of each entry among them."""
    pieces = (start.shape[0] - 1) // 8
    begun, found, place = np.zeros(pieces + 1, np.int32), np.empty_like(column), np.empty_like(column)
    stamp, at = np.full(columns, -1, np.int32), np.empty(columns, np.int32)
    count = 0
    for i in range(pieces):
        for e in range(start[8 * i], start[8 * i + 8]):
            c = column[e]
            if stamp[c] != i:
                stamp[c], at[c] = i, count - begun[i]
                found[count] = c
                count += 1
            place[e] = at[c]
        begun[i + 1] = count
    return begun, found[:count], place


@compiled
def multiply(
    one: int, two: int, block: Numbers, start: Integers, value: Numbers, place: Integers, half: Numbers, whole: Numbers
) -> None:
    """The block of two pieces' coordinates as one of the columns that they follow."""
    half[:] = 0.0
    whole[:] = 0.0
    for j in range(8):
        for e in range(start[8 * two + j], start[8 * two + j + 1]):
            for i in range(8):
                half[i, place[e]] += block[i, j] * value[e]
    for i in range(8):
        for e in range(start[8 * one + i], start[8 * one + i + 1]):
            for k in range(whole.shape[1]):
                whole[place[e], k] += value[e] * half[i, k]


@compiled
def lower_half(
    own: Numbers,
    other: Integers,
    shared: Numbers,
    others: Integers,
    start: Integers,
    column: Integers,
    value: Numbers,
    columns: int,
) -> tuple[Integers, Integers, Numbers]:
    """The equations' matrix, as rows up to the diagonal, which is the last entry of each.

    own, other, shared and others: the blocks of `areas.normal_equations`; start, column and value: what `follow` gives.
    """
    begun, found, place = local_columns(start, column, columns)
    pieces, count, widest = own.shape[0], columns, 1
    for p in range(pieces):
        mine = begun[p + 1] - begun[p]
        widest = max(widest, mine)
        count += mine * (mine + 1) // 2
        for slot in range(others[p]):
            count += mine * (begun[other[p, slot] + 1] - begun[other[p, slot]])
    rows, across, entries = np.empty(count, np.int32), np.empty(count, np.int32), np.empty(count)
    for c in range(columns):
        rows[c], across[c], entries[c] = c, c, 0.0
    count = columns
    room = np.empty(8 * widest), np.empty(widest * widest)
    for p in range(pieces):
        mine = found[begun[p] : begun[p + 1]]
        if len(mine) == 0:
            continue
        for slot in range(-1, others[p]):
            q = p if slot < 0 else other[p, slot]
            theirs = found[begun[q] : begun[q + 1]]
            wide = len(theirs)
            if wide == 0:
                continue
            half = room[0][: 8 * wide].reshape(8, wide)
            whole = room[1][: len(mine) * wide].reshape(len(mine), wide)
            multiply(p, q, own[p] if slot < 0 else shared[p, slot], start, value, place, half, whole)
            for a in range(len(mine)):
                for b in range(wide):
                    if slot < 0 and mine[a] < theirs[b]:
                        continue
                    twice = 2.0 if slot >= 0 and mine[a] == theirs[b] else 1.0  # the block counts turned round, too
                    rows[count], across[count] = max(mine[a], theirs[b]), min(mine[a], theirs[b])
                    entries[count] = twice * whole[a, b]
                    count += 1
    return added_up(rows, across, entries, count, columns)


@compiled
def added_up(
    rows: Integers, across: Integers, entries: Numbers, count: int, columns: int
) -> tuple[Integers, Integers, Numbers]:
    """Entries as rows, each in the order of its columns; what is at one place is added up."""
    start, order = sorted_by_row(rows, count, columns)
    begun = np.zeros(columns + 1, np.int32)
    stamp, total = np.full(columns, -1, np.int32), np.empty(columns)
    column, value = np.empty(count, np.int32), np.empty(count)
    used = 0
    for r in range(columns):
        for e in order[start[r] : start[r + 1]]:
            c = across[e]
            if stamp[c] != r:
                stamp[c], total[c] = r, 0.0
                at = used
                while at > begun[r] and column[at - 1] > c:
                    column[at] = column[at - 1]
                    at -= 1
                column[at] = c
                used += 1
            total[c] += entries[e]
        for at in range(begun[r], used):
            value[at] = total[column[at]]
        begun[r + 1] = used
    return begun, column[:used], value[:used]


@compiled
def factor(start: Integers, column: Integers, value: Numbers) -> tuple[Numbers, Integers]:
    """The lower triangles of which the blocks on the diagonal are the squares; and where each row of them begins."""
    size = start.shape[0] - 1
    lower, first = np.zeros((size, _BLOCK)), np.empty(size, np.int32)
    for r in range(size):
        base = r - r % _BLOCK
        own, begin = lower[r], r
        for e in range(start[r], start[r + 1]):
            if column[e] >= base:
                own[column[e] - base] = value[e]
                begin = min(begin, column[e])
        first[r] = begin
        for k in range(begin, r):
            above, left = lower[k], own[k - base]
            for j in range(max(begin, first[k]) - base, k - base):
                left -= own[j] * above[j]
            own[k - base] = left / above[k - base]
        pivot = own[r - base]
        for j in range(begin - base, r - base):
            pivot -= own[j] * own[j]
        own[r - base] = np.sqrt(max(pivot, _LEAST_PIVOT))
    return lower, first


@compiled
def unfactor(lower: Numbers, first: Integers, given: Numbers, x: Numbers) -> None:
    """Solve each block for itself."""
    for r in range(len(x)):
        base = r - r % _BLOCK
        left = given[r]
        for k in range(first[r], r):
            left -= lower[r, k - base] * x[k]
        x[r] = left / lower[r, r - base]
    for r in range(len(x) - 1, -1, -1):
        base = r - r % _BLOCK
        x[r] /= lower[r, r - base]
        for k in range(first[r], r):
            x[k] -= lower[r, k - base] * x[r]


@compiled
def solve_few(matrix: Numbers, given: Numbers) -> None:
    """Solve a few equations, of a matrix of squares, in place."""
    size = len(given)
    for r in range(size):
        for k in range(r + 1):
            for j in range(k):
                matrix[r, k] -= matrix[r, j] * matrix[k, j]
            if k < r:
                matrix[r, k] /= matrix[k, k]
        matrix[r, r] = np.sqrt(max(matrix[r, r], _LEAST_PIVOT))
        for k in range(r):
            given[r] -= matrix[r, k] * given[k]
        given[r] /= matrix[r, r]
    for r in range(size - 1, -1, -1):
        for k in range(r + 1, size):
            given[r] -= matrix[k, r] * given[k]
        given[r] /= matrix[r, r]


@compiled
def inner(one: Numbers, two: Numbers) -> float:
    added = 0.0
    for i in range(len(one)):
        added += one[i] * two[i]
    return added


@compiled
def solve(start: Integers, column: Integers, value: Numbers, given: Numbers) -> Numbers:
    """The solution of a matrix of which the lower half is given, by conjugate gradients that know blocks exactly."""
    lower, begun = factor(start, column, value)
    x, rest, along = np.zeros_like(given), given.copy(), np.empty_like(given)
    better, pushed = np.empty_like(given), np.empty_like(given)
    unfactor(lower, begun, rest, better)
    along[:] = better
    size = first = inner(rest, better)
    for _ in range(_MOST_TURNS):
        if size <= _EXACT * first or size <= 0:
            break
        pushed[:] = 0.0
        for r in range(len(given)):
            last = start[r + 1] - 1
            for e in range(start[r], last):
                pushed[r] += value[e] * along[column[e]]
                pushed[column[e]] += value[e] * along[r]
            pushed[r] += value[last] * along[r]
        weight = inner(along, pushed)
        if not weight > 0:
            break  # no matrix of squares, or one whose numbers are spent
        far = size / weight
        for i in range(len(given)):
            x[i] += far * along[i]
            rest[i] -= far * pushed[i]
        unfactor(lower, begun, rest, better)
        before, size = size, inner(rest, better)
        for i in range(len(given)):
            along[i] = better[i] + size / before * along[i]
    return x


@compiled
def in_turn(column: Integers, columns: int) -> tuple[Integers, int]:
    """Columns numbered in the order in which pieces follow them, -1 where none does; and how many there are.

    What follows each other along a strand then lies together.
    """
    position, count = np.full(columns, -1, np.int32), 0
    for c in column:
        if position[c] < 0:
            position[c] = count
            count += 1
    return position, count


@compiled
def least_squares(
    own: Numbers,
    other: Integers,
    shared: Numbers,
    others: Integers,
    slope: Numbers,
    start: Integers,
    column: Integers,
    value: Numbers,
    caution: Numbers,
    stiffness: float,
) -> Numbers:
    """The step of all columns: each is held back by its caution, as a part of what it weighs, all by a stiffness."""
    position, columns = in_turn(column, caution.shape[0])
    begun, across, entries = lower_half(own, other, shared, others, start, position[column], value, columns)
    pull = np.zeros(columns)
    for r in range(start.shape[0] - 1):
        for e in range(start[r], start[r + 1]):
            pull[position[column[e]]] -= value[e] * slope[r // 8, r % 8]
    for c in range(caution.shape[0]):
        if position[c] >= 0:
            last = begun[position[c] + 1] - 1
            entries[last] += caution[c] * entries[last] + stiffness
    solved = solve(begun, across, entries, pull)
    step = np.zeros(caution.shape[0])
    for c in range(caution.shape[0]):
        if position[c] >= 0:
            step[c] = solved[position[c]]
    return step
