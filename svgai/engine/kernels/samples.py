"""What a renderer shows that counts samples: sixteen of each pixel, as Skia does, and resvg, which follows it, or one.

Two things set such a picture apart from exact areas. An edge runs through a row of samples at one of them or at
the next, and curves are walked in chords, which lie inside of what is round.
"""

from __future__ import annotations

import math

import numpy as np

from svgai.engine.kernels import Flags, Integers, Numbers, compiled
from svgai.engine.kernels.beziers import cut, point

_UNITS = 256
"""To a pixel, of the numbers by which the renderer counts chords."""
_MOST_DOUBLINGS = 6


@compiled
def off_chord(a: float, b: float, c: float, d: float) -> float:
    """How far a cubic is from its chord along an axis, at one third or at two, in the renderer's units."""
    return max(abs(8 * a - 15 * b + 6 * c + d), abs(a + 6 * b - 15 * c + 8 * d)) * _UNITS / 27


@compiled
def chords_within(part: Numbers) -> int:
    """How many chords the renderer takes for a cubic: twice as many for four times as far, from 1/8 pixel on."""
    dx = off_chord(part[0, 0], part[1, 0], part[2, 0], part[3, 0])
    dy = off_chord(part[0, 1], part[1, 1], part[2, 1], part[3, 1])
    off = (int(max(dx, dy) + min(dx, dy) / 2) + 16) >> 5
    bits = 0
    while off:
        off >>= 1
        bits += 1
    return 1 << min(_MOST_DOUBLINGS, bits // 2 + 1)


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
    level, part = np.empty(2), np.empty((4, 2))
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
                chords = chords_within(part)
            for chord in range(chords):
                t = since + (until - since) * (chord + 1) / chords
                if t <= begin[number]:
                    continue
                if t >= end[number] - 1e-12:
                    t = end[number]
                    bx, by = piece[3, 0], piece[3, 1]
                else:
                    bx, by = point(whole, t)
                if not (-1e6 < bx < 1e6 and -1e6 < by < 1e6):
                    return -1
                first, last = math.floor(grid * ay + 0.5), math.floor(grid * by + 0.5)
                sign = 1.0 / grid if last > first else -1.0 / grid
                for line in range(max(0, min(first, last)), min(grid * height, max(first, last))):
                    middle = (line + 0.5) / grid
                    x = math.floor(grid * (ax + (bx - ax) * (middle - ay) / (by - ay)) + 0.5) / grid
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
