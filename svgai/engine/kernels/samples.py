"""What a renderer shows that counts samples: sixteen of each pixel, as Skia does, and resvg, which follows it, or one.

Two things set such a picture apart from exact areas. An edge runs through a row of samples at one of them or at
the next, and curves are walked in chords, which lie inside of what is round. Both are followed to the last bit, as the
renderer counts in whole numbers: what is near a sample is else told wrong in every twentieth pixel of an edge.
"""

from __future__ import annotations

import math

import numpy as np

from svgai.engine.kernels import Flags, Integers, Numbers, compiled
from svgai.engine.kernels.beziers import cut

_UNITS = 256
"""To a pixel, of the numbers in which the renderer has the control points of curves."""
_FINE_UNITS = _UNITS << 10
"""To a pixel, of those in which it walks along curves."""
_UNITS_OF_SAMPLE = 64
"""To a sample, of the numbers in which it has the ends of chords."""
_MOST_DOUBLINGS = 6


@compiled
def off_chord(a: float, b: float, c: float, d: float) -> float:
    """How far a cubic is from its chord along an axis, at one third or at two, in the renderer's units."""
    return max(abs(8 * a - 15 * b + 6 * c + d), abs(a + 6 * b - 15 * c + 8 * d)) * _UNITS / 27


@compiled
def doublings_of(part: Numbers) -> int:
    """How often the renderer doubles the chords of a cubic: once more for four times as far, from 1/8 pixel on."""
    dx = off_chord(part[0, 0], part[1, 0], part[2, 0], part[3, 0])
    dy = off_chord(part[0, 1], part[1, 1], part[2, 1], part[3, 1])
    off = (int(max(dx, dy) + min(dx, dy) / 2) + 16) >> 5
    bits = 0
    while off:
        off >>= 1
        bits += 1
    return min(_MOST_DOUBLINGS, bits // 2 + 1)


@compiled
def differences(a: float, b: float, c: float, d: float, doublings: int) -> tuple[int, int, int, int]:
    """Where a cubic begins along an axis, by how much it goes on in the first chord, and how that changes."""
    p, q, r, s = int(a * _UNITS), int(b * _UNITS), int(c * _UNITS), int(d * _UNITS)
    up = max(6, 10 - doublings)
    first, second, third = 3 * (q - p) << up, 3 * (p - 2 * q + r) << up, (s + 3 * (q - r) - p) << up
    bend = 3 * third >> doublings - 1
    return p << 10, first + (second >> doublings) + (third >> 2 * doublings), 2 * second + bend, bend


@compiled
def walk(part: Numbers, doublings: int, ends: Numbers) -> None:
    """Write where each chord of a cubic without turns ends. The renderer goes downwards, whichever way it runs."""
    is_up = part[0, 1] > part[3, 1]
    a, b, c, d = (3, 2, 1, 0) if is_up else (0, 1, 2, 3)
    x, dx, ddx, dddx = differences(part[a, 0], part[b, 0], part[c, 0], part[d, 0], doublings)
    y, dy, ddy, dddy = differences(part[a, 1], part[b, 1], part[c, 1], part[d, 1], doublings)
    down, chords = max(0, doublings - 4), 1 << doublings
    for chord in range(1, chords):
        x, dx, ddx = x + (dx >> down), dx + (ddx >> doublings), ddx + dddx
        y, dy, ddy = max(y, y + (dy >> down)), dy + (ddy >> doublings), ddy + dddy
        at = chords - chord - 1 if is_up else chord - 1
        ends[at, 0], ends[at, 1] = x / _FINE_UNITS, y / _FINE_UNITS
    ends[chords - 1] = part[3]


@compiled
def crossings(ax: float, ay: float, bx: float, by: float, grid: int) -> tuple[int, int, int, int]:
    """The rows of samples that a chord crosses, from the first up to the last, and where: at first, and step by step.

    Both in parts of a sample, 2 to the power of 16.
    """
    units = grid * _UNITS_OF_SAMPLE
    x, y, far_x, far_y = int(ax * units), int(ay * units), int(bx * units), int(by * units)
    if y > far_y:
        x, y, far_x, far_y = far_x, far_y, x, y
    half = _UNITS_OF_SAMPLE // 2
    first, last = (y + half) // _UNITS_OF_SAMPLE, (far_y + half) // _UNITS_OF_SAMPLE
    if first == last:
        return first, last, 0, 0
    step = int(float((far_x - x) << 16) / (far_y - y))
    return first, last, (x + (step * (first * _UNITS_OF_SAMPLE + half - y) >> 16)) << 10, step


@compiled
def turns(whole: Numbers, at: Numbers) -> int:
    """Where a cubic is level, in order, into at; how often."""
    y0, y1, y2, y3 = whole[0, 1], whole[1, 1], whole[2, 1], whole[3, 1]
    a, b, c = y3 - y0 + 3 * (y1 - y2), 2 * (y0 - 2 * y1 + y2), y1 - y0
    count = 0
    if abs(a) < 1e-12:
        if abs(b) > 1e-12 and 0 < -c / b < 1:
            at[0] = -c / b
            count = 1
        return count
    under = b * b - 4 * a * c
    if under <= 0:
        return 0
    root = math.sqrt(under)
    one, two = (-b - root) / (2 * a), (-b + root) / (2 * a)
    for t in (min(one, two), max(one, two)):
        if 0 < t < 1:
            at[count] = t
            count += 1
    return count


@compiled
def trace_samples(
    segments: Numbers,
    is_line: Flags,
    segment: Integers,
    begin: Numbers,
    end: Numbers,
    pieces: Numbers,
    grid: int,
    tint: Integers,
    left: Numbers,
    steps: Numbers,
    owner: Integers,
    areas: Numbers,
    older: Integers,
) -> int:
    """Write, as `areas.trace` does, what goes over to the left of each piece, but counted in grid x grid samples."""
    height, width = tint.shape
    count = 0
    level, part, ends = np.empty(2), np.empty((4, 2)), np.empty((1 << _MOST_DOUBLINGS, 2))
    for number in range(segment.shape[0]):
        whole, piece = segments[segment[number]], pieces[number]
        turn = 0 if is_line[segment[number]] else turns(whole, level)
        ax, ay = piece[0, 0], piece[0, 1]
        for run in range(turn + 1):
            since = 0.0 if run == 0 else level[run - 1]
            until = 1.0 if run == turn else level[run]
            if until <= begin[number] or since >= end[number]:
                continue
            chords = 1
            if not is_line[segment[number]]:
                cut(whole, since, until, part)
                doublings = doublings_of(part)
                chords = 1 << doublings
                walk(part, doublings, ends)
            for chord in range(chords):
                t = since + (until - since) * (chord + 1) / chords
                if t <= begin[number]:
                    continue
                bx, by = ends[chord, 0], ends[chord, 1]
                if t >= end[number] - 1e-12:
                    t = end[number]
                    bx, by = piece[3, 0], piece[3, 1]
                if not (-1e6 < bx < 1e6 and -1e6 < by < 1e6):
                    return -1
                first, last, at, step = crossings(ax, ay, bx, by, grid)
                sign = 1.0 / grid if by > ay else -1.0 / grid
                for line in range(max(0, first), min(grid * height, last)):
                    x = (at + step * (line - first) + 32768 >> 16) / grid
                    row, column = line // grid, math.floor(x)
                    if column >= width:
                        continue
                    if column < 0:
                        for c in range(4):
                            left[row, c] += sign * steps[number, c]
                        continue
                    newest = tint[row, column]
                    if newest < 0 or owner[newest] != number:
                        if count >= owner.shape[0]:
                            return -1
                        owner[count] = number
                        areas[count] = 0.0
                        older[count] = newest
                        tint[row, column] = newest = count
                        count += 1
                    areas[newest, 0] += sign * (1 - x + column)
                    areas[newest, 1] += sign
                ax, ay = bx, by
                if t >= end[number]:
                    break
    return count
