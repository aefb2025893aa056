"""Pixels explained as mixes of inks."""

from __future__ import annotations

import numpy as np

from svgai.engine.kernels import Flags, Floats, Indices, Integers, Numbers, compiled

RINGING = 0.12
"""Part of the step between two inks by which a sharp filter overshoots both of them."""
_PLAIN = 4.0
"""A pixel this near to a mix of two inks needs no third one."""
_MOST_LAID = 16
"""Inks of a picture in which any may lie under two others; among more of them one would fit by chance..."""
_EXACT = 3.0
"""...and to which a pixel must be this near."""
_FLAT = 1e-9
"""Squared sine of the angle between two sides of a triangle that is none."""


@compiled
def same(one: Floats, other: Floats) -> bool:
    """Whether two colours are equal."""
    return bool(one[0] == other[0] and one[1] == other[1] and one[2] == other[2] and one[3] == other[3])


@compiled
def find_pure(pixels: Floats, inks: Floats, tolerance: float, pure: Indices) -> None:
    """Write the index of the ink that fills each pixel, or -1: no channel may differ by the tolerance.

    pixels: height x width x 4; inks: n x 4. Of several inks the nearest wins, of equally near ones the first.
    """
    height, width = pure.shape
    for y in range(height):
        for x in range(width):
            if x > 0 and same(pixels[y, x], pixels[y, x - 1]):
                pure[y, x] = pure[y, x - 1]
                continue
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
def is_at_border(y: int, x: int, height: int, width: int, reach: int) -> bool:
    """Whether the border is within reach of a pixel."""
    return min(y, x, height - 1 - y, width - 1 - x) < reach


@compiled
def nearest_mix(pixel: Floats, one: Floats, other: Floats) -> tuple[float, float]:
    """The share of one ink in its mix with the other that comes nearest to a pixel, and the squared distance left.

    Past both inks there is room for what a sharp filter leaves beside an edge.
    """
    along = 0.0
    length = 1e-9
    for c in range(4):
        step = one[c] - other[c]
        along += (pixel[c] - other[c]) * step
        length += step * step
    beyond = min(1.0 + RINGING, max(-RINGING, along / length))
    distance = 0.0
    for c in range(4):
        distance += (pixel[c] - other[c] - beyond * (one[c] - other[c])) ** 2
    share = min(1.0, max(0.0, beyond))
    return share, distance


@compiled
def in_block(pure: Indices, y: int, x: int) -> bool:
    """Whether a pixel belongs to four in a square that are all pure of one ink."""
    height, width = pure.shape
    for top in range(max(0, y - 1), min(height - 1, y + 1)):
        for left in range(max(0, x - 1), min(width - 1, x + 1)):
            if (
                pure[top, left] == pure[top, left + 1]
                and pure[top, left] == pure[top + 1, left]
                and pure[top, left] == pure[top + 1, left + 1]
            ):
                return True
    return False


@compiled
def doubt_pure(pure: Indices, inks: Floats, beyond: int, reach: int, near: float, sure: Indices) -> None:
    """Copy what is pure, but for pixels that only look so: alone at an edge of two inks that mix to a third.

    The two must be found in squares within reach, and their mix come as near to the ink as given.
    Past the border all is of the ink `beyond`.
    """
    height, width = pure.shape
    count = inks.shape[0]
    present = np.zeros(count, np.bool_)
    found = np.zeros(count, np.int64)
    for y in range(height):
        for x in range(width):
            k = pure[y, x]
            sure[y, x] = k
            if k < 0 or in_block(pure, y, x):
                continue
            n = 0
            for v in range(max(0, y - reach), min(height, y + reach + 1)):
                for u in range(max(0, x - reach), min(width, x + reach + 1)):
                    other = pure[v, u]
                    if other >= 0 and other != k and not present[other] and in_block(pure, v, u):
                        present[other] = True
                        found[n] = other
                        n += 1
            if not present[beyond] and k != beyond and is_at_border(y, x, height, width, reach):
                found[n] = beyond
                n += 1
            for i in range(n):
                present[found[i]] = False
                for j in range(i):
                    share, distance = nearest_mix(inks[k], inks[found[i]], inks[found[j]])
                    if 0.02 < share < 0.98 and distance < near * near:
                        sure[y, x] = -1


@compiled
def seam_mix(pixel: Floats, upper: Floats, lower: Floats, under: Floats) -> tuple[float, float]:
    """The share of the upper ink where it was laid beside the lower one with a soft edge each, and what is left.

    At their common edge the lower ink covers what the upper one does not, and the upper one is laid
    over both it and what shines through between them.
    """
    best = 0.0
    least = 1e30
    low, high = 0.0, 1.0
    for _ in range(3):  # closer each time
        step = (high - low) / 8
        for i in range(9):
            t = low + i * step
            distance = 0.0
            for c in range(4):
                beneath = (1 - t) * lower[c] + t * under[c]
                distance += (pixel[c] - t * upper[c] - (1 - t * upper[3] / 255) * beneath) ** 2
            if distance < least:
                least = distance
                best = t
        low, high = max(0.0, best - step), min(1.0, best + step)
    return best, least


@compiled
def explain(
    pixels: Floats,
    inks: Floats,
    pure: Indices,
    beyond: int,
    reach: int,
    strange: float,
    first: Indices,
    second: Indices,
    share: Floats,
    misfit: Floats,
    seam: Flags,
) -> None:
    """Mix each pixel from the two inks, among those found pure within reach, that come nearest to it.

    pixels: height x width x 4; inks: n x 4; pure: height x width, an ink's index or -1.
    Writes first, second, share and misfit, and whether a third ink shines through a seam between the
    two, be they side by side or one of them laid on the third with the same outline. Of two mixes that
    fit alike, the one with fewer inks wins.
    Where the best of them is off by more than strange, one of the two may be any ink. Past the border
    all is of the ink `beyond`.
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
                seam[y, x] = False
                continue
            n = 0
            for v in range(max(0, y - reach), min(height, y + reach + 1)):
                for u in range(max(0, x - reach), min(width, x + reach + 1)):
                    k = pure[v, u]
                    if k >= 0 and not present[k]:
                        present[k] = True
                        found[n] = k
                        n += 1
            if not present[beyond] and is_at_border(y, x, height, width, reach):
                found[n] = beyond
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
                    t, distance = nearest_mix(pixels[y, x], inks[a], inks[b])
                    if distance < best - 1.0:
                        best = distance
                        first[y, x], second[y, x], share[y, x] = (a, b, t) if t >= 0.5 else (b, a, 1.0 - t)
            seam[y, x] = False
            if best > _PLAIN * _PLAIN:
                # What shines through may lie wholly under the two, but for their seam: anything, if inks are few.
                is_any = n == 2 and count <= _MOST_LAID
                for i in range(n):
                    for j in range(n):
                        for k in range(count if is_any else n + 1):
                            a, b, c = found[i], found[j], beyond
                            if is_any or k < n:
                                c = k if is_any else found[k]
                            is_hidden = is_any and c != beyond
                            if a == b or c in (a, b) or (is_hidden and a == beyond):  # the ground lies on nothing
                                continue
                            t, distance = seam_mix(pixels[y, x], inks[a], inks[b], inks[c])
                            if distance < min(0.25 * best - 1.0, _EXACT * _EXACT if is_hidden else 1e30):
                                best = distance
                                seam[y, x] = True
                                first[y, x], second[y, x], share[y, x] = (a, b, t) if t >= 0.5 else (b, a, 1.0 - t)
            if best > strange * strange:
                # A feature too thin for a pure pixel: one of its inks is near, the other anywhere.
                for i in range(max(n, 1)):
                    for b in range(count):
                        a = found[i] if n > 0 else 0
                        t, distance = nearest_mix(pixels[y, x], inks[a], inks[b])
                        if distance < best - 1.0:
                            best = distance
                            seam[y, x] = False
                            first[y, x], second[y, x], share[y, x] = (a, b, t) if t >= 0.5 else (b, a, 1.0 - t)
            misfit[y, x] = np.sqrt(best)


@compiled
def amount(first: Indices, second: Indices, share: Floats, y: int, x: int, ink: int) -> float:
    """How much of a pixel an ink covers; beyond the border nothing."""
    if y < 0 or x < 0 or y >= first.shape[0] or x >= first.shape[1]:
        return 0.0
    if first[y, x] == ink:
        return float(share[y, x])
    return 1.0 - float(share[y, x]) if second[y, x] == ink else 0.0


@compiled
def run_across(
    first: Indices, second: Indices, share: Floats, y: int, x: int, ink: int, way: int
) -> tuple[float, bool]:
    """How wide a stroke of an ink is in a pixel's row (way 0) or column (1), and whether the pixel has most of it.

    Of equal ones the first has most. The width is 0 where that is no stroke: too wide, or wholly covering a pixel.
    """
    mine = amount(first, second, share, y, x, ink)
    if mine >= 1.0:
        return 0.0, False
    total = mine
    most = True
    for side in (-1, 1):
        for far in range(1, 3):
            other = amount(first, second, share, y + side * far * way, x + side * far * (1 - way), ink)
            if other <= 0.0:
                break
            if other >= 1.0 or far == 2:
                return 0.0, False
            total += other
            if other > mine or (other == mine and side < 0):
                most = False
    return total, most


@compiled
def keep_thin(
    first: Indices,
    second: Indices,
    share: Floats,
    misfit: Floats,
    strange: float,
    widths: Numbers,
    kept: Indices,
    thin: Flags,
) -> None:
    """Copy the first inks, but give strokes that cover no pixel by half the pixel that they cover most.

    widths: the narrowest and the widest stroke. Marks in `thin` all pixels that are most of a stroke's row or column;
    pixels further from their mix than `strange` tell nothing.
    """
    height, width = first.shape
    for y in range(height):
        for x in range(width):
            kept[y, x] = first[y, x]
            thin[y, x] = False
            if second[y, x] == first[y, x] or misfit[y, x] > strange:
                continue
            for ink in (first[y, x], second[y, x]):
                for way in range(2):
                    wide, most = run_across(first, second, share, y, x, ink, way)
                    if most and widths[0] <= wide <= widths[1]:
                        thin[y, x] = True
                        kept[y, x] = ink


@compiled
def alike(inks: Indices, y: int, x: int) -> tuple[int, int, int]:
    """How many of a pixel's eight neighbours are of its ink, and where the last one of them is."""
    count, v, u = 0, y, x
    for row in range(max(0, y - 1), min(inks.shape[0], y + 2)):
        for column in range(max(0, x - 1), min(inks.shape[1], x + 2)):
            if inks[row, column] == inks[y, x] and (row != y or column != x):
                count += 1
                v, u = row, column
    return count, v, u


@compiled
def mark_slivers(inks: Indices, first: Indices, second: Indices, share: Floats, least: float, slivers: Flags) -> int:
    """Mark places of one ink without a pure pixel that cover less than the least, 1.5 at most; how many pixels.

    The first ink of a pixel covers at least half of it, so such a place has one pixel or two.
    """
    total = 0
    for y in range(inks.shape[0]):
        for x in range(inks.shape[1]):
            slivers[y, x] = False
            if first[y, x] == second[y, x]:
                continue
            count, v, u = alike(inks, y, x)
            covered = share[y, x]
            if count == 1 and first[v, u] != second[v, u] and alike(inks, v, u)[0] == 1:
                covered += share[v, u]
            elif count > 0:
                continue
            slivers[y, x] = covered < least
            total += slivers[y, x]
    return total


@compiled
def fill(inks: Indices, holes: Flags, filled: Indices) -> None:
    """Copy inks, but give each pixel of a hole the one that most of its neighbours outside of holes have."""
    height, width = inks.shape
    for y in range(height):
        for x in range(width):
            filled[y, x] = inks[y, x]
            if not holes[y, x]:
                continue
            most = 0
            for v in range(max(0, y - 1), min(height, y + 2)):
                for u in range(max(0, x - 1), min(width, x + 2)):
                    votes = 0
                    for row in range(max(0, y - 1), min(height, y + 2)):
                        for column in range(max(0, x - 1), min(width, x + 2)):
                            votes += not holes[row, column] and inks[row, column] == inks[v, u]
                    if votes > most or (votes == most > 0 and inks[v, u] < filled[y, x]):
                        most = votes
                        filled[y, x] = inks[v, u]


@compiled
def mark_mixed(colours: Floats, inks: Floats, other: Floats, near: float, mixed: Flags) -> int:
    """Mark colours that lie as near as given to a mix of the other ink and any of the inks; how many are marked now."""
    count = 0
    for i in range(colours.shape[0]):
        for k in range(inks.shape[0]):
            if mixed[i]:
                break
            _, distance = nearest_mix(colours[i], inks[k], other)
            mixed[i] = distance <= near * near
        count += mixed[i]
    return count


@compiled
def mark_among(
    colours: Floats, one: Floats, two: Floats, three: Floats, near: float, slack: float, explained: Flags
) -> None:
    """Mark colours that lie as near as given to the triangle of three inks, or beside it by no more than a slack.

    Three inks in a line have no triangle.
    """
    u, v = (two - one).astype(np.float64), (three - one).astype(np.float64)
    uu, uv, vv = (u * u).sum(), (u * v).sum(), (v * v).sum()
    area = uu * vv - uv * uv
    if area <= _FLAT * uu * vv:
        return
    for i in range(colours.shape[0]):
        if explained[i]:
            continue
        along_u = along_v = length = 0.0
        for c in range(4):
            step = float(colours[i, c]) - one[c]
            along_u += step * u[c]
            along_v += step * v[c]
            length += step * step
        s, t = (vv * along_u - uv * along_v) / area, (uu * along_v - uv * along_u) / area
        is_inside = min(s, t) >= -slack and s + t <= 1 + slack
        explained[i] = is_inside and length - s * along_u - t * along_v <= near * near


@compiled
def mark_explained(colours: Floats, inks: Floats, meeting: int, near: float, slack: float, explained: Flags) -> None:
    """Mark colours that are mixes of two inks, as at an edge, or of three of the first so many, where edges meet."""
    for k in range(inks.shape[0]):
        mark_mixed(colours, inks[: k + 1], inks[k], near, explained)
    some = min(meeting, inks.shape[0])
    for a in range(some):
        for b in range(a + 1, some):
            for c in range(b + 1, some):
                mark_among(colours, inks[a], inks[b], inks[c], near, slack, explained)


@compiled
def find_modes(colours: Floats, apart: float, modes: Integers) -> int:
    """The places of colours that are as far as given from those chosen before them, the first always; how many fit."""
    count = 0
    for i in range(colours.shape[0]):
        if count == modes.shape[0]:
            break
        is_far = True
        for k in range(count):
            distance = 0.0
            for c in range(4):
                distance += (colours[i, c] - colours[modes[k], c]) ** 2
            if distance < apart * apart:
                is_far = False
                break
        if is_far:
            modes[count] = i
            count += 1
    return count
