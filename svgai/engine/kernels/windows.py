"""Windows: what the neighbourhood of each pixel looks like, compared over two pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svgai.engine.kernels import Floats, compiled

Bytes = NDArray[np.uint8]


@compiled
def lack_of_likeness(one: Bytes, other: Bytes, weights: Floats, dark: np.float32, flat: np.float32) -> float:
    """What the windows of two pictures lack of SSIM 1, added up over all that lie wholly inside.

    one, other: height x width x channels. weights: of a window's eleven rows and columns, symmetrical.
    dark and flat: the constants C1 and C2 (Wang and others, Image quality assessment, 2004, formula 13).
    A window without a difference lacks exactly nothing and is skipped: most are, in a good drawing.
    """
    height, width, channels = one.shape
    reach, row = len(weights) // 2, width * channels
    margin = reach * channels
    a, b = one.reshape(height, row), other.reshape(height, row)
    low, high = np.full(height, row), np.full(height, -1)
    for y in range(height):
        low[y], high[y] = differing(a[y], b[y])
    # Weighted down each column, then along the row: a, b, a * a, b * b, a * b.
    columns, windows = np.empty((5, row), np.float32), np.empty((5, row), np.float32)
    lack = 0.0
    for y in range(reach, height - reach):
        begin = max(margin, low[y - reach : y + reach + 1].min() - margin)
        end = min(row - margin, high[y - reach : y + reach + 1].max() + margin + 1)
        if begin < end:
            rows = slice(y - reach, y + reach + 1)
            weigh_columns(a[rows], b[rows], begin - margin, end + margin, weights, columns)
            for s in range(5):
                weigh_row(columns[s], begin - margin, channels, weights, windows[s][: end - begin])
            lack += lack_along_row(windows, end - begin, dark, flat)
    return lack


@compiled
def differing(a: Bytes, b: Bytes) -> tuple[int, int]:
    """The first and the last place where two rows differ; the length and -1 where they do not."""
    first, last = 0, len(a) - 1
    while first < len(a) and a[first] == b[first]:
        first += 1
    while last >= first and a[last] == b[last]:
        last -= 1
    return first, last if last >= first else -1


@compiled
def weigh_columns(a: Bytes, b: Bytes, begin: int, end: int, weights: Floats, sums: Floats) -> None:
    """Sums of a, b, a * a, b * b and a * b down each column; a and b are taken from middle grey, to lose less."""
    # One name for each row of sums, and slices that begin at 0: only such loops become vector instructions.
    sum_a, sum_b = sums[0][begin:end], sums[1][begin:end]
    sum_aa, sum_bb, sum_ab = sums[2][begin:end], sums[3][begin:end], sums[4][begin:end]
    for s in range(5):
        sums[s][begin:end] = 0
    for k in range(len(weights)):
        row_a, row_b, weight = a[k][begin:end], b[k][begin:end], weights[k]
        for x in range(len(row_a)):
            p, q = np.float32(row_a[x]) - np.float32(128), np.float32(row_b[x]) - np.float32(128)
            weighted_p, weighted_q = weight * p, weight * q
            sum_a[x] += weighted_p
            sum_b[x] += weighted_q
            sum_aa[x] += weighted_p * p
            sum_bb[x] += weighted_q * q
            sum_ab[x] += weighted_p * q


@compiled
def weigh_row(values: Floats, begin: int, step: int, weights: Floats, sums: Floats) -> None:
    """Weighted sums of eleven values that are a step apart."""
    n = len(sums)
    v = values[begin:]
    v0, v1, v2, v3 = v[:n], v[step:][:n], v[2 * step :][:n], v[3 * step :][:n]
    v4, v5, v6, v7 = v[4 * step :][:n], v[5 * step :][:n], v[6 * step :][:n], v[7 * step :][:n]
    v8, v9, v10 = v[8 * step :][:n], v[9 * step :][:n], v[10 * step :][:n]
    w0, w1, w2, w3, w4, w5 = weights[0], weights[1], weights[2], weights[3], weights[4], weights[5]
    for x in range(n):
        far = w0 * (v0[x] + v10[x]) + w1 * (v1[x] + v9[x]) + w2 * (v2[x] + v8[x])
        sums[x] = far + w3 * (v3[x] + v7[x]) + w4 * (v4[x] + v6[x]) + w5 * v5[x]


@compiled
def lack_along_row(windows: Floats, count: int, dark: np.float32, flat: np.float32) -> float:
    """1 - SSIM of each window, added up, from its sums of a, b, a * a, b * b and a * b; the first are written over."""
    two, grey = np.float32(2), np.float32(128)
    row_a, row_b = windows[0][:count], windows[1][:count]
    row_aa, row_bb, row_ab = windows[2][:count], windows[3][:count], windows[4][:count]
    for x in range(count):
        a, b = row_a[x], row_b[x]
        likeness = (two * (a + grey) * (b + grey) + dark) * (two * (row_ab[x] - a * b) + flat)
        light = (a + grey) * (a + grey) + (b + grey) * (b + grey) + dark
        row_a[x] = likeness / (light * ((row_aa[x] - a * a) + (row_bb[x] - b * b) + flat))
    return count - total(row_a)


@compiled
def total(values: Floats) -> float:
    """All values added up, in four sums at a time."""
    one = two = three = four = 0.0
    whole = len(values) - len(values) % 4
    for x in range(0, whole, 4):
        one += values[x]
        two += values[x + 1]
        three += values[x + 2]
        four += values[x + 3]
    for x in range(whole, len(values)):
        one += values[x]
    return (one + two) + (three + four)
