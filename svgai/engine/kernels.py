"""Compiled loops: plain numbers and arrays in and out, no classes and no exceptions across the border."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
Indices: TypeAlias = NDArray[np.int16]
Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(function: Kernel) -> Kernel:
    """Compile a loop, and keep the machine code where that is possible: a read-only disk must not stop the program."""
    try:
        made: Kernel = numba.njit(cache=True)(function)
    except RuntimeError:
        made = numba.njit(function)
    return made


@compiled
def find_pure(pixels: Floats, inks: Floats, tolerance: float, pure: Indices) -> None:
    """Write the index of the ink that fills each pixel, or -1: no channel may differ by the tolerance.

    pixels: height x width x 4; inks: n x 4. Of several inks the nearest wins, of equally near ones the first.
    """
    height, width = pure.shape
    for y in range(height):
        for x in range(width):
            pure[y, x] = -1
            least = tolerance
            for k in range(inks.shape[0]):
                difference = 0.0
                for c in range(4):
                    difference = max(difference, abs(pixels[y, x, c] - inks[k, c]))
                if difference < least:
                    least = difference
                    pure[y, x] = k


@compiled
def explain(
    pixels: Floats,
    inks: Floats,
    pure: Indices,
    reach: int,
    first: Indices,
    second: Indices,
    share: Floats,
    misfit: Floats,
) -> None:
    """Mix each pixel from the two inks, among those found pure within reach, that come nearest to it.

    pixels: height x width x 4; inks: n x 4; pure: height x width, an ink's index or -1.
    Writes first, second, share and misfit. Of two mixes that fit alike, the one with fewer inks wins.
    """
    height, width = pure.shape
    count = inks.shape[0]
    present = np.zeros(count, np.bool_)
    found = np.zeros(count, np.int64)
    for y in range(height):
        for x in range(width):
            if pure[y, x] >= 0:
                first[y, x] = second[y, x] = pure[y, x]
                share[y, x] = 1.0
                misfit[y, x] = 0.0
                continue
            n = 0
            for v in range(max(0, y - reach), min(height, y + reach + 1)):
                for u in range(max(0, x - reach), min(width, x + reach + 1)):
                    k = pure[v, u]
                    if k >= 0 and not present[k]:
                        present[k] = True
                        found[n] = k
                        n += 1
            best = 1e30
            for i in range(n):
                a = found[i]
                present[a] = False
                distance = 0.0
                for c in range(4):
                    distance += (pixels[y, x, c] - inks[a, c]) ** 2
                if distance < best:
                    best = distance
                    first[y, x] = second[y, x] = a
                    share[y, x] = 1.0
            for i in range(n):
                for j in range(i + 1, n):
                    a, b = found[i], found[j]
                    along = 0.0
                    length = 1e-9
                    for c in range(4):
                        step = inks[a, c] - inks[b, c]
                        along += (pixels[y, x, c] - inks[b, c]) * step
                        length += step * step
                    t = min(1.0, max(0.0, along / length))
                    distance = 0.0
                    for c in range(4):
                        distance += (pixels[y, x, c] - inks[b, c] - t * (inks[a, c] - inks[b, c])) ** 2
                    if distance < best - 1.0:
                        best = distance
                        first[y, x], second[y, x], share[y, x] = (a, b, t) if t >= 0.5 else (b, a, 1.0 - t)
            misfit[y, x] = np.sqrt(best)
