"""Compiled loops over the pixels of tiles; plain numbers and arrays in and out.

tiles: n x height x width x 4, premultiplied. A step is the largest difference of a channel between two neighbours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svgai.engine.kernels import Floats, Indices, Integers, Numbers, compiled

Bytes = NDArray[np.uint8]
Counts = NDArray[np.int64]

CHANGE = 6
"""A larger step is a change; smaller ones are grain."""
HIGH = 24
"""A transition is at least so high, and a step up to here small."""
NARROW, WIDE = 3, 8
"""A transition of at most so many steps is narrow, or wide."""
EVEN = 0.8
"""A block is a ramp, or of two tones, where that explains so much of its variance."""
SLOPE, CLIMB = 6, 3.0
"""A slope is at least so long, and its last third lies so many levels from its first."""
BLOCK = 8
FEW = 1 << 14
"""Of more pixels than that, a part tells enough."""


@compiled
def step(one: Bytes, other: Bytes) -> int:
    """The largest difference of a channel."""
    largest = 0
    for c in range(4):
        largest = max(largest, int(abs(np.int64(one[c]) - np.int64(other[c]))))
    return largest


@compiled
def premultiply(rgba: Bytes, mixed: Bytes) -> None:
    """Write colours as they add to what lies below. rgba, mixed: height x width x 4."""
    for y in range(rgba.shape[0]):
        for x in range(rgba.shape[1]):
            alpha = np.uint32(rgba[y, x, 3])
            for c in range(3):
                mixed[y, x, c] = (np.uint32(rgba[y, x, c]) * alpha + np.uint32(127)) // np.uint32(255)
            mixed[y, x, 3] = rgba[y, x, 3]


@compiled
def is_opaque(pixels: Bytes) -> bool:
    """Whether nothing shows through any pixel. pixels: height x width x 4."""
    for y in range(pixels.shape[0]):
        for x in range(pixels.shape[1]):
            if pixels[y, x, 3] != 255:
                return False
    return True


@compiled
def count_steps(lines: Bytes, starts: Integers, steps: Counts, sums: Counts, changes: Counts) -> None:
    """Along each line: how often each step occurs, and by place in the picture, small steps added up, and all changes.

    lines: n x lines x pixels x 4. starts: where in the picture the lines of each tile begin. sums, changes: one for
    each place along the picture's lines.
    """
    packed = lines.view(np.uint32)[..., 0]
    count, height, width = packed.shape
    for n in range(count):
        for y in range(height):
            equal = 0
            for x in range(1, width):
                if packed[n, y, x - 1] == packed[n, y, x]:
                    equal += 1
                    continue
                largest = step(lines[n, y, x - 1], lines[n, y, x])
                steps[largest] += 1
                place = starts[n] + x
                if largest <= HIGH:
                    sums[place] += largest
                if largest > CHANGE:
                    changes[place] += 1
            steps[0] += equal


@compiled
def follow_transitions(lines: Bytes, found: Numbers) -> None:
    """Along each line, the runs of change that lead from one colour to another, each as heavy as it is high.

    found: height of those of one step, of narrow, of wide and of long ones; steps times height; pixels inside narrow
    ones, and those of them that are a mix; height of those beside which it is not still.
    """
    packed = lines.view(np.uint32)[..., 0]
    count, height, width = packed.shape
    for n in range(count):
        for y in range(height):
            row, whole = lines[n, y], packed[n, y]
            x = 1
            while x < width:
                if whole[x - 1] == whole[x] or step(row[x - 1], row[x]) <= CHANGE:
                    x += 1
                    continue
                begin = x - 1
                while x < width and step(row[x - 1], row[x]) > CHANGE:
                    x += 1
                add_transition(row, begin, x - 1, found)


@compiled
def add_transition(row: Bytes, begin: int, end: int, found: Numbers) -> None:
    """Add one run to what was found."""
    rise = step(row[begin], row[end])
    if rise <= HIGH:
        return
    length = end - begin
    found[0 if length == 1 else 1 if length <= NARROW else 2 if length <= WIDE else 3] += rise
    found[4] += length * rise
    if 1 < length <= NARROW:
        for between in range(begin + 1, end):
            found[5] += 1
            found[6] += is_mix(row[between], row[begin], row[end], 10.0)
    before = step(row[begin - 1], row[begin]) if begin > 0 else 0
    after = step(row[end], row[end + 1]) if end + 1 < len(row) else 0
    if before + after > 0:
        found[7] += rise


@compiled
def follow_slopes(lines: Bytes, found: Counts) -> None:
    """Along each line, the stretches without a change: those whose ends differ all the same are slopes.

    A gradient climbs slowly, where noise goes nowhere. found: pixels on slopes; pixels on what is level; all pixels.
    """
    packed = lines.view(np.uint32)[..., 0]
    count, height, width = packed.shape
    for n in range(count):
        for y in range(height):
            row, whole = lines[n, y], packed[n, y]
            found[2] += width
            begin = 0
            for x in range(1, width + 1):
                if x < width and (whole[x - 1] == whole[x] or step(row[x - 1], row[x]) <= CHANGE):
                    continue
                length = x - begin
                if length >= SLOPE:
                    third = length // 3
                    climb = mean_apart(row[begin : begin + third], row[x - third : x])
                    found[0 if climb >= CLIMB else 1] += length
                begin = x


@compiled
def mean_apart(one: Bytes, other: Bytes) -> float:
    """The largest difference of a channel between the means of two pieces of a line."""
    largest = 0.0
    for c in range(4):
        difference = 0.0
        for k in range(len(one)):
            difference += float(one[k, c]) - float(other[k, c])
        largest = max(largest, abs(difference) / len(one))
    return largest


@compiled
def is_mix(pixel: Bytes, one: Bytes, other: Bytes, tolerance: float) -> bool:
    """Whether a colour lies near the way from one to another."""
    along, length = 0.0, 1e-9
    for c in range(4):
        way = float(one[c]) - float(other[c])
        along += (float(pixel[c]) - float(other[c])) * way
        length += way * way
    share = min(max(along / length, 0.0), 1.0)
    rest = 0.0
    for c in range(4):
        mixed = share * float(one[c]) + (1 - share) * float(other[c])
        rest += (float(pixel[c]) - mixed) ** 2
    return rest <= tolerance * tolerance


@compiled
def sort_blocks(tiles: Bytes, still: float, found: Counts) -> None:
    """How many blocks of 8 x 8 are flat, ramps, of two tones, and none of these, by their liveliest channels.

    still: the deviation of a block that is flat all the same, in levels.
    """
    count, height, width = tiles.shape[:3]
    for n in range(count):
        for top in range(0, height - BLOCK + 1, BLOCK):
            for left in range(0, width - BLOCK + 1, BLOCK):
                found[kind_of_block(tiles[n, top : top + BLOCK, left : left + BLOCK], still)] += 1


@compiled
def count_even_blocks(light: Bytes, offset: int, tolerance: int) -> tuple[int, int]:
    """How many blocks of 8 x 8, so far from the corner, differ within by no more than that, and how many there are."""
    height, width = light.shape
    even, total = 0, 0
    for top in range(offset, height - BLOCK + 1, BLOCK):
        for left in range(offset, width - BLOCK + 1, BLOCK):
            total += 1
            even += is_even(light[top : top + BLOCK, left : left + BLOCK], tolerance)
    return even, total


@compiled
def is_even(block: Bytes, tolerance: int) -> bool:
    """Whether a block differs within by no more than that."""
    least, most = np.int64(block[0, 0]), np.int64(block[0, 0])
    for y in range(block.shape[0]):
        for x in range(block.shape[1]):
            least, most = min(least, np.int64(block[y, x])), max(most, np.int64(block[y, x]))
        if most - least > tolerance:
            return False
    return True


@compiled
def kind_of_block(block: Bytes, still: float) -> int:
    """0 flat, 1 a ramp, 2 of two tones, 3 none of these."""
    size = BLOCK * BLOCK
    channel, most, mean = 0, -1.0, 0.0
    for c in range(4):
        total, squares = 0, 0
        for y in range(BLOCK):
            for x in range(BLOCK):
                value = int(np.int64(block[y, x, c]))
                total += value
                squares += value * value
        variance = squares / size - (total / size) ** 2
        if variance > most:
            channel, most, mean = c, variance, total / size
    if most <= still * still:
        return 0
    middle = (BLOCK - 1) / 2
    down, across = 0.0, 0.0
    above, above_sum, below_sum = 0, 0.0, 0.0
    for y in range(BLOCK):
        for x in range(BLOCK):
            rest = float(block[y, x, channel]) - mean
            down += rest * (y - middle)
            across += rest * (x - middle)
            if rest > 0:
                above += 1
                above_sum += rest
            else:
                below_sum += rest
    # Of a line through equally spaced places: the sum of squares about their middle.
    spread = size * (BLOCK * BLOCK - 1) / 12.0
    if (down * down + across * across) / spread > EVEN * most * size:
        return 1
    between = above_sum**2 / above + below_sum**2 / (size - above)
    return 2 if between > EVEN * most * size else 3


@compiled
def count_colours(tiles: Bytes, every: int, seen: Counts, coarse: Counts) -> tuple[int, int]:
    """The number of different colours and of those without a hue, of every n-th pixel.

    seen: -1 everywhere; its length a power of two, at least twice the number of pixels. coarse: counts by 5 bits of
    each colour and one of opacity.
    """
    packed = tiles.reshape(-1, 4).view(np.uint32)[:, 0]
    mask = len(seen) - 1
    different, grey = 0, 0
    for p in range(0, len(packed), every):
        colour = int(np.int64(packed[p]))
        red, green, blue, alpha = colour & 255, colour >> 8 & 255, colour >> 16 & 255, colour >> 24
        coarse[red >> 3 << 11 | green >> 3 << 6 | blue >> 3 << 1 | alpha >> 7] += 1
        grey += max(red, green, blue) - min(red, green, blue) < 16
        slot = (colour * 2654435761 >> 15) & mask
        while seen[slot] >= 0 and seen[slot] != colour:
            slot = (slot + 1) & mask
        if seen[slot] < 0:
            seen[slot] = colour
            different += 1
    return different, grey


@compiled
def gather_inks(tiles: Bytes, inks: Floats, weights: Counts) -> tuple[int, int]:
    """The colours of places where nothing changes, as many as there is room for; how many, and how many places.

    A place is still where the pixel and those to the right, below and across differ by no more than grain.
    Of a large picture every third place is looked at.
    """
    packed = tiles.view(np.uint32)[..., 0]
    count, height, width = packed.shape
    known, still = 0, 0
    last, place = np.uint32(0), -1
    apart_by = 3 if count * height * width > FEW else 1
    for n in range(count):
        for y in range(0, height - 2, apart_by):
            for x in range(0, width - 2, apart_by):
                here = packed[n, y, x]
                is_even_here = here == packed[n, y + 1, x + 1] and here == packed[n, y + 2, x + 2]
                is_even_here = is_even_here and here == packed[n, y, x + 2] and here == packed[n, y + 2, x]
                if not is_even_here and not is_still(tiles[n, y : y + 3, x : x + 3]):
                    continue
                still += 1
                if here == last and place >= 0:
                    weights[place] += 1
                    continue
                last = here
                place = nearest_ink(tiles[n, y, x], inks[:known])
                if place < 0 and known < len(inks):
                    inks[known] = tiles[n, y, x]
                    place = known
                    known += 1
                if place >= 0:
                    weights[place] += 1
    return known, still


@compiled
def is_still(window: Bytes) -> bool:
    """Whether nothing changes in a window of 3 x 3, as far as four of its places tell."""
    here = window[0, 0]
    return (
        step(here, window[0, 2]) <= CHANGE
        and step(here, window[2, 0]) <= CHANGE
        and step(here, window[1, 1]) <= CHANGE
        and step(here, window[2, 2]) <= CHANGE
    )


@compiled
def nearest_ink(pixel: Bytes, inks: Floats) -> int:
    """The ink within 16 levels that is nearest to a pixel, or any within 4; -1 if there is none."""
    nearest, least = -1, 16.0 * 16.0
    for k in range(len(inks)):
        apart = distance(pixel, inks[k])
        if apart < 16.0:
            return k
        if apart < least:
            nearest, least = k, apart
    return nearest


@compiled
def distance(pixel: Bytes, ink: Floats) -> float:
    """The square of the distance of a pixel from an ink."""
    apart = 0.0
    for c in range(4):
        apart += (ink[c] - pixel[c]) ** 2
    return apart


@compiled
def count_unexplained(tiles: Bytes, every: int, inks: Floats, tolerance: float) -> tuple[int, int]:
    """How many of every n-th pixel are further than that from all mixes of two inks, and how many were asked."""
    flat = tiles.reshape(-1, 4)
    unexplained, asked = 0, 0
    limit = tolerance * tolerance
    for p in range(every // 2, len(flat), every):
        asked += 1
        if not is_explained(flat[p], inks, limit):
            unexplained += 1
    return unexplained, asked


@compiled
def is_explained(pixel: Bytes, inks: Floats, limit: float) -> bool:
    """Whether a colour is near a mix of two inks, by the square of the distance."""
    for k in range(len(inks)):
        if distance(pixel, inks[k]) <= limit:
            return True
    for k in range(len(inks)):
        for m in range(k):
            if distance_from_mixes(pixel, inks[k], inks[m]) <= limit:
                return True
    return False


@compiled
def distance_from_mixes(pixel: Bytes, one: Floats, other: Floats) -> float:
    """The square of the distance of a pixel from the mix of two inks that is nearest."""
    along, length = 0.0, 1e-9
    for c in range(4):
        way = one[c] - other[c]
        along += (pixel[c] - other[c]) * way
        length += way * way
    share = min(max(along / length, 0.0), 1.0)
    rest = 0.0
    for c in range(4):
        rest += (pixel[c] - other[c] - share * (one[c] - other[c])) ** 2
    return rest


@compiled
def find_gradients(light: Bytes, across: Floats, down: Floats, limit: float, edges: Integers) -> int:
    """Write how light changes along rows and columns (Sobel's sums), and the places where that squared is too much.

    edges: room for the index of each pixel; the number of those found is returned. The border counts as still.
    """
    height, width = light.shape
    found = 0
    for y in range(1, height - 1):
        for x in range(1, width - 1):
            a, b, c = np.int32(light[y - 1, x - 1]), np.int32(light[y - 1, x]), np.int32(light[y - 1, x + 1])
            d, e = np.int32(light[y, x - 1]), np.int32(light[y, x + 1])
            f, g, h = np.int32(light[y + 1, x - 1]), np.int32(light[y + 1, x]), np.int32(light[y + 1, x + 1])
            right, low = np.float32(c + 2 * e + h - a - 2 * d - f), np.float32(f + 2 * g + h - a - 2 * b - c)
            across[y, x], down[y, x] = right, low
            if right * right + low * low > limit:
                edges[found] = y * width + x
                found += 1
    return found


@compiled
def add_coherence(across: Floats, down: Floats, places: Integers, found: Numbers) -> None:
    """How far the change within three pixels of each place has one direction: the coherence of the structure tensor.

    found: coherence added up, and how many places have less than a half.
    """
    height, width = across.shape
    for place in places:
        y, x = place // width, place % width
        total, difference, product = 0.0, 0.0, 0.0
        for v in range(max(0, y - 3), min(height, y + 4)):
            for u in range(max(0, x - 3), min(width, x + 4)):
                right, low = across[v, u], down[v, u]
                total += right * right + low * low
                difference += right * right - low * low
                product += 2 * right * low
        coherence = np.sqrt(difference * difference + product * product) / total
        found[0] += coherence
        found[1] += coherence < 0.5


@compiled
def find_parts(black_and_white: Bytes, boxes: Integers) -> int:
    """The connected parts of both colours: left, top, right, bottom (past the end) and area of each; how many.

    boxes: room for as many as there are runs along rows; the number of runs is the last figure of each. Runs that touch
    from row to row are joined (union-find); what is left of a joined part has area 0.
    """
    height, width = black_and_white.shape
    parent = np.empty(len(boxes), np.int32)
    labels = np.empty((2, width), np.int32)
    number = 0
    for y in range(height):
        row, here, above = black_and_white[y], labels[y & 1], labels[1 - (y & 1)]
        x = 0
        while x < width:
            begin = x
            while x < width and row[x] == row[begin]:
                here[x] = number
                x += 1
            parent[number] = number
            boxes[number, 0], boxes[number, 1], boxes[number, 2], boxes[number, 3] = begin, y, x, y + 1
            boxes[number, 4], boxes[number, 5] = x - begin, 1
            if y > 0:
                for u in range(begin, x):
                    if black_and_white[y - 1, u] == row[u] and (u == begin or above[u] != above[u - 1]):
                        join(parent, boxes, number, above[u])
            number += 1
    return number


@compiled
def join(parent: Integers, boxes: Integers, one: int, other: int) -> None:
    """Make one part of two."""
    while parent[one] != one:
        parent[one] = parent[parent[one]]
        one = parent[one]
    while parent[other] != other:
        parent[other] = parent[parent[other]]
        other = parent[other]
    if one == other:
        return
    parent[one] = other
    boxes[other, 0] = min(boxes[other, 0], boxes[one, 0])
    boxes[other, 1] = min(boxes[other, 1], boxes[one, 1])
    boxes[other, 2] = max(boxes[other, 2], boxes[one, 2])
    boxes[other, 3] = max(boxes[other, 3], boxes[one, 3])
    boxes[other, 4] += boxes[one, 4]
    boxes[other, 5] += boxes[one, 5]
    boxes[one, 4] = 0


@compiled
def find_followers(letters: Integers, farthest: float, follower: Integers, gaps: Floats) -> None:
    """For each letter the next one on its line (-1 for none), and how far it is, in heights of the letter.

    letters: left, top, right, bottom... of each. A follower is not twice as high or half as high, nor more than a
    height away.
    """
    for i in range(len(letters)):
        height = letters[i, 3] - letters[i, 1]
        nearest, least = -1, farthest
        for j in range(len(letters)):
            if letters[j, 0] <= letters[i, 0]:
                continue
            other = letters[j, 3] - letters[j, 1]
            shared = min(letters[i, 3], letters[j, 3]) - max(letters[i, 1], letters[j, 1])
            gap = (letters[j, 0] - letters[i, 2]) / height
            if 2 * shared > min(height, other) and gap > -0.25 and max(gap, 0.0) < least:
                nearest, least = j, max(gap, 0.0)
        gaps[i] = least
        if nearest >= 0:
            other = letters[nearest, 3] - letters[nearest, 1]
            if least > 1 or other > 2 * height or height > 2 * other:
                nearest = -1
        follower[i] = nearest


@compiled
def count_ripples(tiles: Bytes, ripples: Counts) -> None:
    """How strongly each pixel differs from the mean of its four neighbours, where there is no edge; four times that.

    Of green, which tells most of light. ripples: one count for each value.
    """
    count, height, width = tiles.shape[:3]
    for n in range(count):
        for y in range(1, height - 1):
            for x in range(1, width - 1):
                here = np.int64(tiles[n, y, x, 1])
                up, down = np.int64(tiles[n, y - 1, x, 1]), np.int64(tiles[n, y + 1, x, 1])
                left, right = np.int64(tiles[n, y, x - 1, 1]), np.int64(tiles[n, y, x + 1, 1])
                if abs(up - down) <= HIGH and abs(left - right) <= HIGH:
                    ripple = int(abs(4 * here - up - down - left - right))
                    ripples[min(ripple, len(ripples) - 1)] += 1


@compiled
def find_busy_cells(tiles: Bytes, cell: int, margin: int, places: Integers) -> int:
    """Where each cell begins in which, or around which, not all pixels are equal: tile, top and left; how many.

    places: room for all cells, which lie side by side and keep the margin from the border of their tile.
    """
    packed = tiles.view(np.uint32)[..., 0]
    count, height, width = packed.shape
    found = 0
    for n in range(count):
        # What is left over is left out on both sides.
        for top in range(margin + (height - 2 * margin) % cell // 2, height - margin - cell + 1, cell):
            for left in range(margin + (width - 2 * margin) % cell // 2, width - margin - cell + 1, cell):
                if is_busy(packed[n, top - margin : top + cell + margin, left - margin : left + cell + margin]):
                    places[found, 0], places[found, 1], places[found, 2] = n, top, left
                    found += 1
    return found


@compiled
def is_busy(packed: NDArray[np.uint32]) -> bool:
    """Whether not all pixels are equal."""
    first = packed[0, 0]
    for y in range(packed.shape[0]):
        for x in range(packed.shape[1]):
            if packed[y, x] != first:
                return True
    return False


@compiled
def count_shades(seen: Bytes, counts: Counts, sums: Counts) -> None:
    """How often each colour occurs, to four bits a channel, and the sums of those that are counted together."""
    for y in range(seen.shape[0]):
        for x in range(seen.shape[1]):
            red, green, blue = np.int64(seen[y, x, 0]), np.int64(seen[y, x, 1]), np.int64(seen[y, x, 2])
            place = red >> 4 << 8 | green >> 4 << 4 | blue >> 4
            counts[place] += 1
            sums[place, 0] += red
            sums[place, 1] += green
            sums[place, 2] += blue


@compiled
def label_inks(seen: Bytes, inks: Floats, labels: Bytes) -> None:
    """Write which ink each pixel is nearest to. seen: height x width x 3."""
    height, width = labels.shape
    for y in range(height):
        nearest = nearest_of_all(seen[y, 0], inks)
        for x in range(width):
            before = max(x - 1, 0)
            if (
                seen[y, x, 0] != seen[y, before, 0]
                or seen[y, x, 1] != seen[y, before, 1]
                or seen[y, x, 2] != seen[y, before, 2]
            ):
                nearest = nearest_of_all(seen[y, x], inks)
            labels[y, x] = nearest


@compiled
def nearest_of_all(pixel: Bytes, inks: Floats) -> int:
    """The ink that is nearest to a pixel, however far."""
    nearest, least = 0, np.float32(np.inf)
    for k in range(len(inks)):
        apart = np.float32(0)
        for c in range(3):
            apart += (inks[k, c] - pixel[c]) ** 2
        if apart < least:
            nearest, least = k, apart
    return nearest


@compiled
def keep_mixes(seen: Bytes, labels: Bytes, inked: Bytes, mixed: Bytes) -> None:
    """Paint in inks but for pixels beside another ink, which may be a mix and stay as they are."""
    height, width = labels.shape
    for y in range(height):
        for x in range(width):
            here = labels[y, x]
            is_inside = (
                labels[max(y - 1, 0), x] == here
                and labels[min(y + 1, height - 1), x] == here
                and labels[y, max(x - 1, 0)] == here
                and labels[y, min(x + 1, width - 1)] == here
            )
            for c in range(3):
                mixed[y, x, c] = inked[y, x, c] if is_inside else seen[y, x, c]


@compiled
def show_map(inks: Indices, first: Indices, second: Indices, share: Floats, colours: Floats, shown: Bytes) -> None:
    """What a map tells of a picture: each pixel in the ink of its region, or as the mix of two that meet around it.

    inks: height x width, that of each pixel's region; first, second and share: what each pixel is a mix of.
    """
    height, width = inks.shape
    for y in range(height):
        for x in range(width):
            a, b = first[y, x], second[y, x]
            is_near_a = is_near_b = False
            for v in range(max(0, y - 1), min(height, y + 2)):
                for u in range(max(0, x - 1), min(width, x + 2)):
                    is_near_a |= inks[v, u] == a
                    is_near_b |= inks[v, u] == b
            if not (is_near_a and is_near_b):
                a = b = inks[y, x]
            for c in range(4):
                value = share[y, x] * colours[a, c] + (1 - share[y, x]) * colours[b, c]
                shown[y, x, c] = np.uint8(min(255.0, max(0.0, value + 0.5)))


@compiled
def cut_out(tiles: Bytes, places: Integers, margin: int, side: int) -> Bytes:
    """Squares that begin a margin before each of these places, side by side: side x (n x side) x 4."""
    cells = np.empty((side, len(places) * side, 4), np.uint8)
    for k in range(len(places)):
        n, top, left = places[k, 0], places[k, 1] - margin, places[k, 2] - margin
        cells[:, k * side : (k + 1) * side] = tiles[n, top : top + side, left : left + side]
    return cells


@compiled
def lost_likeness(one: Bytes, other: Bytes, margin: int) -> float:
    """What two stacks of cells lack of SSIM 1, on average: in windows of 8 x 8 that are 4 apart, in all channels.

    one, other: side x (n x side) x 3, cells side by side, whose margin does not count.
    """
    side = one.shape[0]
    across = (side - 2 * margin) // 4
    sums = np.zeros((across, across, 5), np.int64)
    lost, windows = 0.0, 0
    for left in range(margin, one.shape[1], side):
        for c in range(3):
            sums[:] = 0
            is_same = True
            for y in range(4 * across):
                for x in range(4 * across):
                    p, q = np.int64(one[margin + y, left + x, c]), np.int64(other[margin + y, left + x, c])
                    is_same = is_same and p == q
                    here = sums[y >> 2, x >> 2]
                    here[0] += p
                    here[1] += q
                    here[2] += p * p
                    here[3] += q * q
                    here[4] += p * q
            windows += (across - 1) * (across - 1)
            if not is_same:
                for y in range(across - 1):
                    for x in range(across - 1):
                        lost += 1 - likeness(sums[y, x] + sums[y, x + 1] + sums[y + 1, x] + sums[y + 1, x + 1])
    return lost / windows


@compiled
def likeness(sums: Counts) -> float:
    """SSIM of a window of 8 x 8, of its sums of p, q, p * p, q * q and p * q (Wang and others 2004, formula 13)."""
    p, q = float(sums[0]) / 64, float(sums[1]) / 64
    pp, qq, pq = float(sums[2]) / 64, float(sums[3]) / 64, float(sums[4]) / 64
    dark, flat = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    structure = (2 * (pq - p * q) + flat) / (pp - p * p + qq - q * q + flat)
    return (2 * p * q + dark) / (p * p + q * q + dark) * structure
