"""The cheapest chain of lines and cubics along an outline, by dynamic programming over its bends."""

from __future__ import annotations

import math

import numpy as np

from svgai.engine.kernels import Flags, Integers, Numbers, compiled
from svgai.engine.kernels.bends import CORNER, SMOOTH

_MOST = 28
"""Points that a cubic is fitted to; of longer pieces every second, third and so on."""
_TURNS = 3
"""How often the points of a cubic are placed on it anew."""
_STILL = 1e-12
"""Keeps what stands still from being divided by."""
_ASTRAY = 1e30
_ROUNDED = 1.6
"""Pixels from a corner within which points may be rounded off."""
_NUMBERS_OF_LINE, _NUMBERS_OF_CUBIC = 2, 6


@compiled
def paced(points: Numbers, is_ring: bool) -> Numbers:
    """A track: x and y of each point, and how far along it lies; a ring is walked along twice."""
    n = points.shape[0]
    track = np.empty((2 * n if is_ring else n, 3))
    gone = 0.0
    for k in range(track.shape[0]):
        if k > 0:
            gone += math.hypot(points[k % n, 0] - points[k % n - 1, 0], points[k % n, 1] - points[k % n - 1, 1])
        track[k, 0], track[k, 1], track[k, 2] = points[k % n, 0], points[k % n, 1], gone
    return track


@compiled
def line_error(
    track: Numbers, first: int, last: int, ends: Numbers, skips: tuple[float, float], tolerance: float
) -> tuple[float, float]:
    """Squared errors added up, and the largest error, of a line; points within the skips are not looked at.

    ends: x, y, direction out, x, y, direction in. The sum is negative where the line is none.
    """
    length = math.hypot(ends[4] - ends[0], ends[5] - ends[1])
    if length < 0.3:
        return -1.0, 0.0
    ux, uy = (ends[4] - ends[0]) / length, (ends[5] - ends[1]) / length
    total = 0.0
    worst = 0.0
    for k in range(first + 1, last):
        dx, dy = track[k, 0] - ends[0], track[k, 1] - ends[1]
        along = dx * ux + dy * uy
        if along < skips[0] or length - along < skips[1]:
            near = min(math.hypot(dx, dy), math.hypot(dx - ends[4] + ends[0], dy - ends[5] + ends[1]))
            if near > _ROUNDED:
                return -1.0, 0.0
            continue
        off = abs(dy * ux - dx * uy)
        if off > tolerance:
            return -1.0, 0.0
        total += off * off
        worst = max(worst, off)
    return total, worst


@compiled
def sample(
    track: Numbers,
    first: int,
    last: int,
    ends: Numbers,
    skips: tuple[float, float],
    x: Numbers,
    y: Numbers,
    t: Numbers,
) -> tuple[int, int]:
    """The points of a piece that a cubic is fitted to, with t by length; how many, and each how many-th."""
    every = max(1, (last - first + _MOST - 1) // _MOST)
    before = math.hypot(track[first + 1, 0] - ends[0], track[first + 1, 1] - ends[1]) - track[first + 1, 2]
    after = math.hypot(ends[4] - track[last - 1, 0], ends[5] - track[last - 1, 1]) + track[last - 1, 2]
    whole = before + after
    count = 0
    for k in range(first + every, last, every):
        gone = before + track[k, 2]
        if gone >= skips[0] and whole - gone >= skips[1]:
            x[count], y[count], t[count] = track[k, 0], track[k, 1], gone / whole
            count += 1
    return count, every


@compiled
def best_handles(room: Numbers, count: int, ends: Numbers) -> tuple[float, float]:
    """Lengths of the handles of a cubic by least squares, drawn a little to a third of the chord.

    room: x, y and t of each point, and four rows to write to. Loops that add nothing up are done several at a time.
    """
    x0, y0, u0, v0 = ends[0], ends[1], ends[2], ends[3]
    x3, y3, u1, v1 = ends[4], ends[5], ends[6], ends[7]
    chord = math.hypot(x3 - x0, y3 - y0)
    x, y, t = room[0], room[1], room[2]
    pull, push, near, far = room[3], room[4], room[5], room[6]
    for i in range(count):
        s = 1 - t[i]
        b0, b1, b2, b3 = s * s * s, 3 * s * s * t[i], 3 * s * t[i] * t[i], t[i] * t[i] * t[i]
        dx, dy = x[i] - x0 * (b0 + b1) - x3 * (b2 + b3), y[i] - y0 * (b0 + b1) - y3 * (b2 + b3)
        near[i], far[i] = b1, b2
        pull[i], push[i] = b1 * (dx * u0 + dy * v0), b2 * (dx * u1 + dy * v1)
    c00 = c11 = 1e-3
    c01 = 0.0
    r0 = r1 = 1e-3 * chord / 3
    for i in range(count):
        c00 += near[i] * near[i]
        c01 -= near[i] * far[i]
        c11 += far[i] * far[i]
        r0 += pull[i]
        r1 -= push[i]
    c01 *= u0 * u1 + v0 * v1
    det = c00 * c11 - c01 * c01
    a, b = (chord / 3, chord / 3) if abs(det) <= 1e-12 else ((r0 * c11 - r1 * c01) / det, (c00 * r1 - c01 * r0) / det)
    return min(max(a, 0.02 * chord), 2.5 * chord), min(max(b, 0.02 * chord), 2.5 * chord)


@compiled
def come_nearer(room: Numbers, count: int, ends: Numbers, a: float, b: float) -> tuple[float, float]:
    """Squared distances of points from a cubic at their t, added up, and the largest; each t then moves nearer."""
    x0, y0, x3, y3 = ends[0], ends[1], ends[4], ends[5]
    x1, y1, x2, y2 = x0 + a * ends[2], y0 + a * ends[3], x3 - b * ends[6], y3 - b * ends[7]
    x, y, t, off = room[0], room[1], room[2], room[3]
    for i in range(count):
        s = 1 - t[i]
        b0, b1, b2, b3 = s * s * s, 3 * s * s * t[i], 3 * s * t[i] * t[i], t[i] * t[i] * t[i]
        ex, ey = b0 * x0 + b1 * x1 + b2 * x2 + b3 * x3 - x[i], b0 * y0 + b1 * y1 + b2 * y2 + b3 * y3 - y[i]
        off[i] = ex * ex + ey * ey
        dx = s * s * (x1 - x0) + 2 * s * t[i] * (x2 - x1) + t[i] * t[i] * (x3 - x2)
        dy = s * s * (y1 - y0) + 2 * s * t[i] * (y2 - y1) + t[i] * t[i] * (y3 - y2)
        speed = 3 * (dx * dx + dy * dy)
        t[i] = min(1.0, max(0.0, t[i] - (ex * dx + ey * dy) / (speed + _STILL)))
    total = worst = 0.0
    for i in range(count):
        total += off[i]
        worst = max(worst, off[i])
    return total, worst


@compiled
def fit_cubic(
    track: Numbers, first: int, last: int, ends: Numbers, skips: tuple[float, float], tolerance: float
) -> tuple[float, float, float, float]:
    """Lengths of the handles of a cubic of which ends and directions are given, then errors as in `line_error`."""
    chord = math.hypot(ends[4] - ends[0], ends[5] - ends[1])
    if chord < 0.3:
        return 0.0, 0.0, -1.0, 0.0
    room = np.empty((7, _MOST))
    count, every = sample(track, first, last, ends, skips, room[0], room[1], room[2])
    a = b = chord / 3
    total = worst = 0.0
    for turn in range(_TURNS + 1 if count >= 2 else 1):
        if turn < _TURNS and count >= 2:
            a, b = best_handles(room, count, ends)
        total, worst = come_nearer(room, count, ends, a, b)
        if turn == 1 and worst > 36 * tolerance * tolerance:
            return 0.0, 0.0, -1.0, 0.0
    return a, b, total * every, math.sqrt(worst)


@compiled
def cheapest_chain(
    points: Numbers,
    is_ring: bool,
    start: int,
    index: Integers,
    kind: Integers,
    places: Numbers,
    count: int,
    price: float,
    noise: float,
    tolerance: float,
    skip: float,
    corner_price: float,
    before: Integers,
    is_line: Flags,
    handles: Numbers,
) -> float:
    """The chain from the first place to the last one; in a ring from the place `start` all the way round to itself.

    Each number of a line or cubic costs the price, and every point off it costs half its squared
    distance in units of the noise. Places are counted from the start. Writes for each how the best
    chain comes there: from which place, by a line or not, with which lengths of handles.
    """
    n = points.shape[0]
    track = paced(points, is_ring)
    goals = count + 1 if is_ring else count
    best = np.full(goals, _ASTRAY)
    best[0] = 0.0
    before[:goals] = -1
    ends = np.empty(8)
    for k in range(goals - 1):
        if best[k] >= _ASTRAY:
            continue
        here = (start + k) % count if is_ring else k
        first = index[here] + (n if is_ring and start + k >= count else 0)
        ends[0], ends[1], ends[2], ends[3] = places[here, 0], places[here, 1], places[here, 4], places[here, 5]
        failures = 0
        is_next = True
        for m in range(k + 1, goals):
            there = (start + m) % count if is_ring else m
            last = index[there] + (n if is_ring and start + m >= count else 0)
            if last == first:
                continue
            dearer = price * corner_price * max(0.0, 1.2 - abs(places[there, 6])) if kind[there] == CORNER else 0.0
            if best[k] + _NUMBERS_OF_LINE * price + dearer >= best[m]:
                is_next = False
                continue  # whatever fits, another chain is cheaper
            is_hopeless = best[k] + _NUMBERS_OF_CUBIC * price + dearer >= best[m]  # as a cubic
            ends[4], ends[5], ends[6], ends[7] = places[there, 0], places[there, 1], places[there, 2], places[there, 3]
            skips = (skip if kind[here] != SMOOTH else 0.0, skip if kind[there] != SMOOTH else 0.0)
            chord = math.hypot(ends[4] - ends[0], ends[5] - ends[1])
            reached = False
            total, worst = line_error(track, first, last, ends, skips, tolerance)
            if total >= 0.0:
                u, v = (ends[4] - ends[0]) / chord, (ends[5] - ends[1]) / chord
                bends = (kind[here] == SMOOTH and u * ends[2] + v * ends[3] < 0.985) or (
                    kind[there] == SMOOTH and u * ends[6] + v * ends[7] < 0.985
                )
                if not bends:
                    cost = best[k] + total / (2 * noise * noise) + _NUMBERS_OF_LINE * price + dearer
                    if kind[here] == SMOOTH and k > 0 and is_line[k]:
                        cost += price  # two lines do not meet smoothly
                    if cost < best[m]:
                        best[m], before[m], is_line[m] = cost, k, True
                        handles[m, 0] = handles[m, 1] = chord / 3
                    reached = True
                    if worst < 0.12:
                        failures = 0
                        is_next = False
                        continue
            if last - first >= 2 and not is_hopeless:
                a, b, total, worst = fit_cubic(track, first, last, ends, skips, tolerance)
                if total >= 0.0 and worst <= tolerance:
                    cost = best[k] + total / (2 * noise * noise) + _NUMBERS_OF_CUBIC * price + dearer
                    if cost < best[m]:
                        best[m], before[m], is_line[m] = cost, k, False
                        handles[m, 0], handles[m, 1] = a, b
                    reached = True
            if is_next:
                is_next = False
                if best[m] >= _ASTRAY:  # so that there always is a chain
                    best[m], before[m], is_line[m] = best[k] + 20 * price, k, True
                    handles[m, 0] = handles[m, 1] = chord / 3
            if reached:
                failures = 0
            elif not is_hopeless and kind[there] == SMOOTH:
                failures += 1
                if failures > 3:
                    break
    return float(best[goals - 1])
