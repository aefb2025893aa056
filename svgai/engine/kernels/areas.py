"""Exact areas: what a map of curves looks like as pixels, and how that changes when its control points move.

A piece is a cubic with a colour to its left and another one to its right. Walking along it adds, row
by row, the difference of the two to everything that lies behind; added up along a row, that is the
picture. Moving a piece moves area from one colour to the other in the pixels that it crosses: the
weights of a trace say how much for each of its eight coordinates.

Only pixels that a piece crosses have a colour of their own, so a painting is kept as a table of
colours and the number of one for each pixel, its tint.
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
    if at <= gone + _TINY:  # it is on that border already, as nearly as numbers tell
        at += 1.0 / abs(step)
    return min(at, 1.0)


@compiled
def chords_of(piece: Numbers) -> int:
    """How many chords stand for a piece."""
    length = 0.0
    for k in range(3):
        length += math.hypot(piece[k + 1, 0] - piece[k, 0], piece[k + 1, 1] - piece[k, 1])
    chord = math.hypot(piece[3, 0] - piece[0, 0], piece[3, 1] - piece[0, 1])
    return max(1, int(length / (_LINE_CHORD if length < chord + 1e-6 else _CHORD)) + 1)


@compiled
def room_for(pieces: Numbers, height: int, width: int) -> int:
    """How many traces pieces may leave; however far one goes astray, it passes no more pixels than that."""
    total = 0.0
    for piece in pieces:
        length = 0.0
        for k in range(3):
            for axis in range(2):
                length += abs(piece[k + 1, axis] - piece[k, axis])
        total += min(length, 4.0 * (height + width))
    return int(3 * total + 12 * pieces.shape[0] + 100)


@compiled
def trace(
    pieces: Numbers,
    tint: Integers,
    left: Numbers,
    steps: Numbers,
    pixel: Integers,
    owner: Integers,
    weights: Numbers,
    areas: Numbers,
    older: Integers,
) -> int:
    """Write a trace for each pixel that a piece passes.

    pieces: n x 4 x 2; steps: n x 4, the colour left minus the colour right of each. A trace is a pixel's number, the
    piece, eight weights, and two areas that go over to the piece's left: of that pixel, and of all behind it in its
    row. tint: height x width of -1, where the last trace of each pixel is written; older holds the one before each.
    left: height x 4, to which is added what pieces left of the picture change. Returns how many traces there are, or
    -1 where there was no room for them or a piece is lost.
    """
    height, width = tint.shape
    count = 0
    for number in range(pieces.shape[0]):
        piece = pieces[number]
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
                            left[row, c] += ey * steps[number, c]
                    else:
                        here = row * width + column
                        if here != last:
                            if count >= pixel.shape[0]:
                                return -1
                            pixel[count], owner[count] = here, number
                            weights[count] = 0.0
                            areas[count] = 0.0
                            older[count] = tint[row, column]
                            tint[row, column] = count
                            last = here
                            count += 1
                        areas[count - 1, 0] += ey * (1 - mx + column)
                        areas[count - 1, 1] += ey
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
    return count


@compiled
def paint(
    tint: Integers,
    left: Numbers,
    steps: Numbers,
    owner: Integers,
    areas: Numbers,
    older: Integers,
    colours: Numbers,
    newest: Integers,
) -> int:
    """Give each pixel the number of its colour, from what `trace` wrote.

    Each pixel with a trace has a colour of its own, with its last trace in `newest`; all pixels between two of them
    share one, without any (-1). Returns how many colours there are.
    """
    count = 0
    now = np.empty(4)
    for y in range(tint.shape[0]):
        now[:] = left[y]
        plain = -1
        for x in range(tint.shape[1]):
            e = tint[y, x]
            if e >= 0 or plain < 0:
                colours[count] = now
                newest[count] = e
                plain = -1 if e >= 0 else count
                count += 1
            tint[y, x] = count - 1
            while e >= 0:
                for c in range(4):
                    colours[count - 1, c] += areas[e, 0] * steps[owner[e], c]
                    now[c] += areas[e, 1] * steps[owner[e], c]
                e = older[e]
    return count


@compiled
def normal_equations(
    tint: Integers,
    colours: Numbers,
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
    tints, wanted = tint.reshape(-1), picture.reshape(-1, 4)
    for e in range(count):
        s = owner[e]
        here = pixel[e]
        colour = tints[here]
        scale = 1.0
        f = newest[colour]
        while f >= 0:
            size = 0.0
            for c in range(4):
                size += steps[owner[f], c] ** 2
            scale = max(scale, size)
            f = older[f]
        pull = 0.0
        for c in range(4):
            pull += (colours[colour, c] - wanted[here, c]) * steps[s, c]
        pull = min(most, max(-most, pull / scale))
        for i in range(8):
            slope[s, i] += pull * weights[e, i]
        f = newest[colour]
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
                    shared[s, slot] = 0.0
                    others[s] += 1
                if slot < others[s]:
                    for i in range(8):
                        for j in range(8):
                            shared[s, slot, i, j] += product * weights[e, i] * weights[f, j]
            f = older[f]


@compiled
def squared_errors(
    tint: Integers,
    colours: Numbers,
    picture: Floats,
    count: int,
    pixel: Integers,
    owner: Integers,
    group: Integers,
    errors: Numbers,
) -> None:
    """Add the squared errors of the pixels under these traces to their groups'; group: that of each piece.

    The painting may be another one than that which left the traces.
    """
    tints, wanted = tint.reshape(-1), picture.reshape(-1, 4)
    for e in range(count):
        here = pixel[e]
        colour = tints[here]
        error = 0.0
        for c in range(4):
            error += (colours[colour, c] - wanted[here, c]) ** 2
        errors[group[owner[e]]] += error


@compiled
def squared_error(tint: Integers, colours: Numbers, picture: Floats) -> float:
    """All squared differences added up."""
    total = 0.0
    for y in range(picture.shape[0]):
        for x in range(picture.shape[1]):
            for c in range(4):
                total += (colours[tint[y, x], c] - picture[y, x, c]) ** 2
    return total
