"""Where an outline may be divided: its corners, and places along its smooth parts, each with its directions.

A side is a parabola fitted to the points on one side of a place: origin x, y; axis x, y; and
height a + b t + c t^2 over the axis, with the root of the mean squared error as eighth number.
"""

from __future__ import annotations

import math

import numpy as np

from svgai.engine.kernels import Flags, Integers, Numbers, compiled

SMOOTH, CORNER, END = 0, 1, 2
_MOST = 12
_STRAIGHT = 0.04
"""Points off a line by less than this are on it."""
_FAR = 4.0
"""Pixels that a side is continued beyond its first point, at most."""


@compiled
def parabola(t: Numbers, h: Numbers, count: int) -> tuple[float, float, float, float]:
    """The line through points (t, h), or the parabola where no line fits: a, b, c and the error left."""
    s1 = s2 = s3 = s4 = h0 = h1 = h2 = 0.0
    for i in range(count):
        x, y = t[i], h[i]
        s1 += x
        s2 += x * x
        s3 += x * x * x
        s4 += x * x * x * x
        h0 += y
        h1 += x * y
        h2 += x * x * y
    spread = count * s2 - s1 * s1
    b = (count * h1 - s1 * h0) / spread if spread > 1e-9 else 0.0
    a = (h0 - b * s1) / count
    c = 0.0
    error = 0.0
    for i in range(count):
        error += (h[i] - a - b * t[i]) ** 2
    error = math.sqrt(error / count)
    if error <= _STRAIGHT or count < 4:
        return a, b, c, error
    d = count * (s2 * s4 - s3 * s3) - s1 * (s1 * s4 - s3 * s2) + s2 * (s1 * s3 - s2 * s2)
    if abs(d) < 1e-9:
        return a, b, c, error
    a = (h0 * (s2 * s4 - s3 * s3) - s1 * (h1 * s4 - s3 * h2) + s2 * (h1 * s3 - s2 * h2)) / d
    b = (count * (h1 * s4 - s3 * h2) - h0 * (s1 * s4 - s3 * s2) + s2 * (s1 * h2 - h1 * s2)) / d
    c = (count * (s2 * h2 - h1 * s3) - s1 * (s1 * h2 - h1 * s2) + h0 * (s1 * s3 - s2 * s2)) / d
    error = 0.0
    for i in range(count):
        error += (h[i] - a - b * t[i] - c * t[i] * t[i]) ** 2
    return a, b, c, math.sqrt(error / count)


@compiled
def turn(t: Numbers, h: Numbers, count: int, x: float, y: float, u: float, v: float) -> None:
    """Turn points (t, h) so that they are told along and over an axis that begins at (x, y) and leads to (u, v)."""
    for i in range(count):
        dx, dy = t[i] - x, h[i] - y
        t[i], h[i] = dx * u + dy * v, dy * u - dx * v


@compiled
def look(points: Numbers, is_ring: bool, at: int, way: int, skip: float, reach: float, side: Numbers) -> bool:
    """Fit a side to the points that follow (way 1) or precede (way -1) a place, without those nearer than skip."""
    n = points.shape[0]
    t, h = np.empty(_MOST), np.empty(_MOST)
    count = 0
    gone = 0.0
    here = at
    for _ in range(4 * _MOST):
        there = here + way
        if is_ring:
            there %= n
        elif there < 0 or there >= n:
            break
        if there == at:
            break
        gone += math.hypot(points[there, 0] - points[here, 0], points[there, 1] - points[here, 1])
        here = there
        if gone > skip + reach and count >= 2:
            break
        if gone >= skip:
            t[count], h[count] = points[here, 0], points[here, 1]
            count += 1
            if count == _MOST:
                break
    if count < 2:
        return False
    length = math.hypot(t[count - 1] - t[0], h[count - 1] - h[0])
    if length < 0.3:
        return False
    ux, uy = (t[count - 1] - t[0]) / length, (h[count - 1] - h[0]) / length
    ox, oy = t[0], h[0]
    turn(t, h, count, ox, oy, ux, uy)
    side[0], side[1], side[2], side[3] = ox, oy, ux, uy
    side[4], side[5], side[6], side[7] = parabola(t, h, count)
    return True


@compiled
def foot(side: Numbers, x: float, y: float) -> tuple[float, float, float, float]:
    """The point of a side next to (x, y), and its direction there, away from where the side begins."""
    t = max(-_FAR, (x - side[0]) * side[2] + (y - side[1]) * side[3])
    h = side[4] + side[5] * t + side[6] * t * t
    slope = side[5] + 2 * side[6] * t
    scale = math.sqrt(1 + slope * slope)
    return (
        side[0] + t * side[2] - h * side[3],
        side[1] + t * side[3] + h * side[2],
        (side[2] - slope * side[3]) / scale,
        (side[3] + slope * side[2]) / scale,
    )


@compiled
def meet(points: Numbers, is_ring: bool, at: int, skip: float, reach: float, far: float, place: Numbers) -> bool:
    """Where the two sides of a place meet when they are continued: x, y, direction in, direction out, turn, error.

    That is no farther than so far from the place.
    """
    before, after = np.empty(8), np.empty(8)
    if not look(points, is_ring, at, -1, skip, reach, before) or not look(points, is_ring, at, 1, skip, reach, after):
        return False
    x0, y0 = points[at, 0], points[at, 1]
    x, y = x0, y0
    for _ in range(3):
        ax, ay, au, av = foot(before, x, y)
        bx, by, bu, bv = foot(after, x, y)
        cross = au * bv - av * bu
        if abs(cross) < 0.12:
            x, y = (ax + bx) / 2, (ay + by) / 2
        else:
            along = ((bx - ax) * bv - (by - ay) * bu) / cross
            x, y = ax + along * au, ay + along * av
            off = math.hypot(x - x0, y - y0)
            if off > far:
                x, y = x0 + (x - x0) * far / off, y0 + (y - y0) * far / off
    _, _, au, av = foot(before, x, y)
    _, _, bu, bv = foot(after, x, y)
    place[0], place[1], place[2], place[3], place[4], place[5] = x, y, -au, -av, bu, bv
    place[6] = math.atan2(-au * bv + av * bu, -au * bu - av * bv)
    place[7] = math.sqrt((before[7] ** 2 + after[7] ** 2) / 2)
    return True


@compiled
def through(points: Numbers, is_ring: bool, at: int, reach: float, is_corner: Flags, place: Numbers) -> bool:
    """The smooth curve around a place, as far as the next corners: its point and direction there."""
    n = points.shape[0]
    t, h = np.empty(2 * _MOST), np.empty(2 * _MOST)
    x0, y0 = points[at, 0], points[at, 1]
    t[0], h[0] = x0, y0
    count = 1
    ends = np.empty((2, 2))
    for way in (-1, 1):
        ends[(way + 1) // 2, 0], ends[(way + 1) // 2, 1] = x0, y0
        here = at
        gone = 0.0
        for _ in range(_MOST - 1):
            there = here + way
            if is_ring:
                there %= n
            elif there < 0 or there >= n:
                break
            gone += math.hypot(points[there, 0] - points[here, 0], points[there, 1] - points[here, 1])
            if there == at or gone > reach or is_corner[there]:
                break
            here = there
            t[count], h[count] = points[here, 0], points[here, 1]
            ends[(way + 1) // 2, 0], ends[(way + 1) // 2, 1] = t[count], h[count]
            count += 1
    length = math.hypot(ends[1, 0] - ends[0, 0], ends[1, 1] - ends[0, 1])
    if length < 0.5 or count < 3:
        return False
    ux, uy = (ends[1, 0] - ends[0, 0]) / length, (ends[1, 1] - ends[0, 1]) / length
    turn(t, h, count, x0, y0, ux, uy)
    a, b, _, error = parabola(t, h, count)
    scale = math.sqrt(1 + b * b)
    place[0], place[1] = x0 - a * uy, y0 + a * ux
    place[2], place[3] = (ux - b * uy) / scale, (uy + b * ux) / scale
    place[4], place[5], place[6], place[7] = place[2], place[3], 0.0, error
    return True


@compiled
def is_near(points: Numbers, is_ring: bool, at: int, reach: float, flags: Flags, score: Numbers) -> bool:
    """Whether a flagged place with a score as good as here, or better, lies within reach along the outline."""
    n = points.shape[0]
    for way in (-1, 1):
        here = at
        gone = 0.0
        while True:
            there = here + way
            if is_ring:
                there %= n
            elif there < 0 or there >= n:
                break
            if there == at:
                break
            gone += math.hypot(points[there, 0] - points[here, 0], points[there, 1] - points[here, 1])
            if gone > reach:
                break
            here = there
            if flags[here] and (score[here] > score[at] or (score[here] == score[at] and here < at)):
                return True
    return False


@compiled
def find_bends(
    points: Numbers,
    is_ring: bool,
    step: float,
    skip: float,
    reach: float,
    far: float,
    least_turn: float,
    index: Integers,
    kind: Integers,
    places: Numbers,
) -> int:
    """Write the places where an outline may be divided, in order, and return how many there are.

    points: n x 2, a ring without its first point once more at the end. index, kind: 2 n + 2 of each;
    places: as many times 8, as `meet` writes them. A corner is offered as a smooth place as well.
    Smooth places are a step apart.
    """
    n = points.shape[0]
    corners = np.zeros((n, 8))
    score = np.full(n, -1.0)
    bends = np.zeros(n, np.bool_)
    for i in range(n):
        if (is_ring or 0 < i < n - 1) and meet(points, is_ring, i, skip, reach, far, corners[i]):
            off = math.hypot(corners[i, 0] - points[i, 0], corners[i, 1] - points[i, 1])
            score[i] = abs(corners[i, 6]) - 1.5 * corners[i, 7] - 0.1 * off
            bends[i] = abs(corners[i, 6]) >= least_turn and score[i] >= 0.6 * least_turn
    is_corner = np.zeros(n, np.bool_)
    is_sharp = np.zeros(n, np.bool_)
    for i in range(n):
        is_corner[i] = bends[i] and not is_near(points, is_ring, i, 2.2, bends, score)
        is_sharp[i] = is_corner[i] and abs(corners[i, 6]) > 0.5
    sharpness = is_sharp.astype(np.float64)
    count = 0
    gone = step
    side = np.empty(8)
    for i in range(n):
        if i > 0:
            gone += math.hypot(points[i, 0] - points[i - 1, 0], points[i, 1] - points[i - 1, 1])
        if not is_ring and (i == 0 or i == n - 1):
            way = 1 if i == 0 else -1
            x, y = points[i, 0], points[i, 1]
            if look(points, is_ring, i, way, 0.9, reach, side):
                x, y, u, v = foot(side, x, y)
            else:
                u, v = points[i + way, 0] - x, points[i + way, 1] - y
                length = math.hypot(u, v) + 1e-9
                u, v = u / length, v / length
            index[count], kind[count] = i, END
            places[count] = np.array([x, y, way * u, way * v, way * u, way * v, 0.0, 0.0])
            count += 1
            continue
        if is_corner[i]:
            index[count], kind[count] = i, CORNER
            places[count] = corners[i]
            count += 1
        crowded = is_sharp[i] or is_near(points, is_ring, i, 2.0, is_sharp, sharpness)
        is_wanted = is_corner[i] or (gone >= step and not crowded)
        if is_wanted and through(points, is_ring, i, 0.8 * reach, is_sharp, places[count]):
            index[count], kind[count] = i, SMOOTH
            count += 1
            if not crowded:
                gone = 0.0
    return count
