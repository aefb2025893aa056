"""Edges of what lies on something with the same outline, read by single samples.

Each pixel of such an edge shows three inks: what lies on top, what is beside it, and what lies underneath and shines
through, since its own edge is soft there as well. Where a renderer counted samples, what lies on top covers a whole
number of them; that tells which of the inks it is, and where its edge runs.
"""

from __future__ import annotations

import numpy as np

from svgai.engine.kernels import Flags, Floats, Indices, Integers, compiled

_SAMPLES = 16
"""Of a pixel. Renderers write 255 levels for all of them, and an equal part of 256 for each."""
_OFF = 1.6
"""Levels by which what was laid on another and rounded twice may differ from what it should be."""
_APART = 0.13
"""How much more of a pixel may be covered by what lies underneath than by what lies on it."""
_BESIDE = 0.15
"""Sine of the angle at the ink beside it between the other two: below it they can't be told from each other."""
_FEW, _VARIED = 30, 6
"""Pixels that may fit by chance, and shares: along a line of 45 degrees few are met again and again."""
_SURE, _UNSURE, _UNLIKE = 0.75, 0.5, 0.8
"""The part of an edge's pixels that fit where a mix is right, where it may be wrong, and of those that fit better."""
_CONTRAST = 60.0
"""Steps of colour between two inks that tell samples."""
_STRANGE = 40.0
"""A pixel this far from its mix is of no edge."""
_MOST_EDGES = 1_000
"""Of a picture: more of them are grain."""
_GAP = 2
"""Pixels from one of an edge to the next."""
_MOST = 16
"""Inks of which any may lie underneath: among more of them one would fit by chance."""


@compiled
def of_samples(number: int) -> float:
    """The share of a pixel that so many samples are."""
    return number * (256 // _SAMPLES) / 255


@compiled
def is_plain(pixel: Floats, one: Floats, other: Floats) -> bool:
    """Whether a pixel is a mix of two inks in whole samples, counted for either of them."""
    along, length = 0.0, 1e-9
    for c in range(4):
        along += (pixel[c] - other[c]) * (one[c] - other[c])
        length += (one[c] - other[c]) ** 2
    share = along / length
    for side in range(2):
        number = np.rint((share if side == 0 else 1 - share) / of_samples(1))
        t = of_samples(number) if side == 0 else 1 - of_samples(number)
        off = 0.0
        for c in range(4):
            off = max(off, abs(pixel[c] - t * one[c] - (1 - t) * other[c]))
        if off <= _OFF:
            return True
    return False


@compiled
def covered(pixel: Floats, upper: Floats, beside: Floats, under: Floats, is_alike: bool) -> float:
    """The share of a pixel that the upper ink covers, or 0 if these inks don't explain it.

    What lies underneath covers as much (alike), or any less and hardly more.
    """
    length = 1e-9
    for c in range(4):
        length += (under[c] - beside[c]) ** 2
    for number in range(1, _SAMPLES):
        t = of_samples(number)
        left = 1 - t * upper[3] / 255
        s = t
        if not is_alike:
            along = 0.0
            for c in range(4):
                along += (pixel[c] - t * upper[c] - left * beside[c]) * (under[c] - beside[c])
            s = along / length / max(left, 1e-9)
            if s < 0 or s > t + _APART:
                continue
        off = 0.0
        for c in range(4):
            off = max(off, abs(pixel[c] - t * upper[c] - left * ((1 - s) * beside[c] + s * under[c])))
        if off <= _OFF:
            return t
    return 0.0


@compiled
def are_in_line(one: Floats, middle: Floats, other: Floats) -> bool:
    """Whether two inks lie in about one direction from a third, or in opposite ones."""
    uu, vv, uv = 1e-9, 1e-9, 0.0
    for c in range(4):
        u, v = one[c] - middle[c], other[c] - middle[c]
        uu += u * u
        vv += v * v
        uv += u * v
    return bool(1 - uv * uv / (uu * vv) < _BESIDE * _BESIDE)


@compiled
def find_layers(pixels: Floats, inks: Floats, edge: Integers, a: int, b: int) -> tuple[int, int, bool]:
    """Which of two inks lies on top along an edge, what lies underneath, and whether both are alike; else -1.

    edge: n x 2, the rows and columns of its pixels.
    """
    total = edge.shape[0]
    plain = 0
    for i in range(total):
        plain += is_plain(pixels[edge[i, 0], edge[i, 1]], inks[a], inks[b])
    if plain >= _SURE * total:
        return -1, -1, False
    is_met = np.empty(_SAMPLES + 1, np.bool_)
    for is_alike in (True, False):
        if not is_alike and plain >= _UNSURE * total:  # all that is plain fits here as well
            break
        most, best_upper, best_under = 0, -1, -1
        for side in range(2):
            upper, beside = (a, b) if side == 0 else (b, a)
            for under in range(inks.shape[0]):
                if under == beside:
                    continue
                if not is_alike and (under == upper or are_in_line(inks[upper], inks[beside], inks[under])):
                    continue
                fits = 0
                is_met[:] = False
                for i in range(total):
                    if i == _FEW and fits < _UNSURE * _FEW:
                        break
                    t = covered(pixels[edge[i, 0], edge[i, 1]], inks[upper], inks[beside], inks[under], is_alike)
                    fits += t > 0
                    is_met[int(np.rint(t / of_samples(1)))] = True
                if fits > most and is_met[1:].sum() >= _VARIED:
                    most, best_upper, best_under = fits, upper, under
        if most >= _SURE * total and plain < _UNLIKE * most:
            return best_upper, best_under, is_alike
    return -1, -1, False


@compiled
def lay_edge(
    pixels: Floats,
    inks: Floats,
    edge: Integers,
    first: Indices,
    second: Indices,
    share: Floats,
    misfit: Floats,
    seam: Flags,
) -> bool:
    """Explain the pixels of one edge of two inks by a third one under the upper of them, if that fits."""
    if edge.shape[0] < _FEW:
        return False
    a, b = first[edge[0, 0], edge[0, 1]], second[edge[0, 0], edge[0, 1]]
    far = 0.0
    for c in range(4):
        far = max(far, abs(inks[a, c] - inks[b, c]))
    if far < _CONTRAST:
        return False
    upper, under, is_alike = find_layers(pixels, inks, edge, a, b)
    if upper < 0:
        return False
    beside = a + b - upper
    for i in range(edge.shape[0]):
        y, x = edge[i, 0], edge[i, 1]
        t = covered(pixels[y, x], inks[upper], inks[beside], inks[under], is_alike)
        if t > 0:
            seam[y, x] = True
            misfit[y, x] = 0.0
            first[y, x], second[y, x], share[y, x] = (upper, beside, t) if t >= 0.5 else (beside, upper, 1.0 - t)
    return True


@compiled
def pair_of(first: Indices, second: Indices, misfit: Floats, y: int, x: int) -> tuple[int, int]:
    """The two inks of a pixel of an edge, the lower number first; the same twice for any other pixel."""
    a, b = first[y, x], second[y, x]
    return (min(a, b), max(a, b)) if misfit[y, x] < _STRANGE else (a, a)


@compiled
def hanging_together(
    first: Indices, second: Indices, misfit: Floats, y: int, x: int, seen: Flags, part: Integers
) -> int:
    """Write where all pixels of an edge are that hang together with one of them, or nearly; how many.

    Where what lies on itself covers nearly all of a pixel, twice as much looks like all.
    """
    a, b = pair_of(first, second, misfit, y, x)
    part[0, 0], part[0, 1] = y, x
    seen[y, x] = True
    total, done = 1, 0
    while done < total:
        y, x = part[done, 0], part[done, 1]
        done += 1
        for v in range(max(0, y - _GAP), min(first.shape[0], y + _GAP + 1)):
            for u in range(max(0, x - _GAP), min(first.shape[1], x + _GAP + 1)):
                if not seen[v, u] and pair_of(first, second, misfit, v, u) == (a, b):
                    seen[v, u] = True
                    part[total, 0], part[total, 1] = v, u
                    total += 1
    return total


@compiled
def lay(
    pixels: Floats, inks: Floats, first: Indices, second: Indices, share: Floats, misfit: Floats, seam: Flags
) -> None:
    """Tell edges of what lies on something with the same outline: all those of two inks, or else each by itself.

    pixels: height x width x 4; inks: n x 4. Changes share, misfit and seam of pixels that such an edge explains, and
    which of their two inks is first.
    """
    height, width = first.shape
    count = inks.shape[0]
    if count > _MOST:
        return
    start = np.zeros((count, count), np.int64)
    for y in range(height):
        for x in range(width):
            a, b = pair_of(first, second, misfit, y, x)
            start[a, b] += a != b
    total = 0
    for a in range(count):
        for b in range(count):
            start[a, b], total = total, total + start[a, b]
    end = start.copy()
    places = np.empty((total, 2), np.int32)
    for y in range(height):
        for x in range(width):
            a, b = pair_of(first, second, misfit, y, x)
            if a != b:
                places[end[a, b], 0], places[end[a, b], 1] = y, x
                end[a, b] += 1
    part = np.empty((total, 2), np.int32)
    seen = np.zeros((height, width), np.bool_)
    tried = 0
    for a in range(count):
        for b in range(a + 1, count):
            edges = places[start[a, b] : end[a, b]]
            if lay_edge(pixels, inks, edges, first, second, share, misfit, seam):
                continue
            for i in range(edges.shape[0]):
                y, x = edges[i, 0], edges[i, 1]
                if not seen[y, x] and tried < _MOST_EDGES:
                    size = hanging_together(first, second, misfit, y, x, seen, part)
                    lay_edge(pixels, inks, part[:size], first, second, share, misfit, seam)
                    tried += size >= _FEW
