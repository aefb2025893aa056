"""Exact areas: what a map of curves looks like as pixels, and how that changes when its control points move.

A piece is a cubic with a colour to its left and another one to its right. Walking along it adds, row
by row, the difference of the two to everything that lies behind; added up along a row, that is the
picture. Moving a piece moves area from one colour to the other in the pixels that it crosses: the
weights of a trace say how much for each of its eight coordinates.
"""

from __future__ import annotations

import math

import numpy as np

from svgai.engine.kernels import Floats, Integers, Numbers, compiled

_CHORD = 0.7
"""Pixels of a chord by which a curve is replaced."""
_LINE_CHORD = 2.0
_TINY = 1e-12


@compiled
def leaves_at(here: float, begin: float, step: float, gone: float) -> float:
    """How far along a chord it next reaches a border between pixels in one direction; 1 is its end."""
    if step > 0.0:
        border = math.floor(here + _TINY) + 1.0
    elif step < 0.0:
        border = math.ceil(here - _TINY) - 1.0
    else:
        return 1.0
    at = (border - begin) / step
    return at if gone + _TINY < at < 1.0 else 1.0


@compiled
def chords_of(piece: Numbers) -> int:
    """How many chords stand for a piece."""
    length = 0.0
    for k in range(3):
        length += math.hypot(piece[k + 1, 0] - piece[k, 0], piece[k + 1, 1] - piece[k, 1])
    chord = math.hypot(piece[3, 0] - piece[0, 0], piece[3, 1] - piece[0, 1])
    return max(1, int(length / (_LINE_CHORD if length < chord + 1e-6 else _CHORD)) + 1)


@compiled
def paint(
    pieces: Numbers,
    steps: Numbers,
    ground: Numbers,
    canvas: Floats,
    pixel: Integers,
    owner: Integers,
    weights: Numbers,
    newest: Integers,
    older: Integers,
) -> int:
    """Paint pieces on a canvas of zeros, and write a trace for each pixel that a piece passes.

    pieces: n x 4 x 2; steps: n x 4, the colour left minus the colour right of each; ground: the colour
    where no piece lies before; canvas: height x (width + 1) x 4. A trace is a pixel's number, the
    piece, and eight weights; newest holds the last trace of each pixel (-1: none), older the one
    before each. Returns how many there are, or -1 where there was no room for them or a piece is lost.
    """
    height, width = canvas.shape[0], canvas.shape[1] - 1
    count = 0
    for y in range(height):
        for c in range(4):
            canvas[y, 0, c] += ground[c]
    for number in range(pieces.shape[0]):
        piece, step = pieces[number], steps[number]
        chords = chords_of(piece)
        last = -1
        ax, ay = piece[0, 0], piece[0, 1]
        for chord in range(chords):
            t = (chord + 1) / chords
            s = 1 - t
            b0, b1, b2, b3 = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
            bx = b0 * piece[0, 0] + b1 * piece[1, 0] + b2 * piece[2, 0] + b3 * piece[3, 0]
            by = b0 * piece[0, 1] + b1 * piece[1, 1] + b2 * piece[2, 1] + b3 * piece[3, 1]
            if not (-1e6 < bx < 1e6 and -1e6 < by < 1e6):
                return -1
            dx, dy = bx - ax, by - ay
            gone = 0.0
            while gone < 1.0:
                cx, cy = ax + gone * dx, ay + gone * dy
                until = min(leaves_at(cx, ax, dx, gone), leaves_at(cy, ay, dy, gone))
                mx, my = ax + (gone + until) / 2 * dx, ay + (gone + until) / 2 * dy
                ex, ey = (until - gone) * dx, (until - gone) * dy
                row, column = math.floor(my), math.floor(mx)
                if 0 <= row < height and column < width:
                    if column < 0:
                        for c in range(4):
                            canvas[row, 0, c] += ey * step[c]
                    else:
                        behind = mx - column
                        for c in range(4):
                            canvas[row, column, c] += ey * (1 - behind) * step[c]
                            canvas[row, column + 1, c] += ey * behind * step[c]
                        here = row * width + column
                        if here != last:
                            if count >= pixel.shape[0]:
                                return -1
                            pixel[count], owner[count] = here, number
                            weights[count] = 0.0
                            older[count] = newest[here]
                            newest[here] = count
                            last = here
                            count += 1
                        t = (chord + (gone + until) / 2) / chords
                        s = 1 - t
                        b0, b1, b2, b3 = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
                        weight = weights[count - 1]
                        weight[0] -= b0 * ey
                        weight[1] += b0 * ex
                        weight[2] -= b1 * ey
                        weight[3] += b1 * ex
                        weight[4] -= b2 * ey
                        weight[5] += b2 * ex
                        weight[6] -= b3 * ey
                        weight[7] += b3 * ex
                gone = until
            ax, ay = bx, by
    for y in range(height):
        for c in range(4):
            total = np.float32(0.0)
            for x in range(width + 1):
                total += canvas[y, x, c]
                canvas[y, x, c] = total
    return count


@compiled
def normal_equations(
    canvas: Floats,
    picture: Floats,
    steps: Numbers,
    count: int,
    pixel: Integers,
    owner: Integers,
    weights: Numbers,
    newest: Integers,
    older: Integers,
    most: float,
    own: Numbers,
    slope: Numbers,
    other: Integers,
    shared: Numbers,
    others: Integers,
) -> None:
    """Gauss-Newton's equations for the coordinates of all pieces.

    A pixel counts in units of its largest colour step, and for no more than `most`. own: n x 8 x 8 and
    slope: n x 8, of each piece; shared: n x k x 8 x 8 with the pieces `other` (n x k, as many as `others`
    says) of higher number, whose pixels a piece shares.
    """
    width = picture.shape[1]
    for e in range(count):
        s = owner[e]
        y, x = pixel[e] // width, pixel[e] % width
        scale = 1.0
        f = newest[pixel[e]]
        while f >= 0:
            size = 0.0
            for c in range(4):
                size += steps[owner[f], c] ** 2
            scale = max(scale, size)
            f = older[f]
        pull = 0.0
        for c in range(4):
            pull += (canvas[y, x, c] - picture[y, x, c]) * steps[s, c]
        pull = min(most, max(-most, pull / scale))
        for i in range(8):
            slope[s, i] += pull * weights[e, i]
        f = newest[pixel[e]]
        while f >= 0:
            z = owner[f]
            product = 0.0
            for c in range(4):
                product += steps[s, c] * steps[z, c]
            product /= scale
            if z == s:
                for i in range(8):
                    for j in range(8):
                        own[s, i, j] += product * weights[e, i] * weights[f, j]
            elif z > s:
                slot = 0
                while slot < others[s] and other[s, slot] != z:
                    slot += 1
                if slot == others[s] and slot < other.shape[1]:
                    other[s, slot] = z
                    others[s] += 1
                if slot < others[s]:
                    for i in range(8):
                        for j in range(8):
                            shared[s, slot, i, j] += product * weights[e, i] * weights[f, j]
            f = older[f]


@compiled
def worse(
    before: Floats,
    after: Floats,
    picture: Floats,
    count: int,
    pixel: Integers,
    owner: Integers,
    group: Integers,
    loss: Numbers,
) -> None:
    """Add to each group's loss how much its pixels' squared errors grew; group: that of each piece."""
    width = picture.shape[1]
    for e in range(count):
        y, x = pixel[e] // width, pixel[e] % width
        for c in range(4):
            wanted = picture[y, x, c]
            loss[group[owner[e]]] += (after[y, x, c] - wanted) ** 2 - (before[y, x, c] - wanted) ** 2


@compiled
def squared_error(canvas: Floats, picture: Floats) -> float:
    """All squared differences added up."""
    total = 0.0
    for y in range(picture.shape[0]):
        for x in range(picture.shape[1]):
            for c in range(4):
                total += (canvas[y, x, c] - picture[y, x, c]) ** 2
    return total
