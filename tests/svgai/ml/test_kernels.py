"""The compiled loops do what slow and obvious ones do."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from svgai.ml import kernels

CHANCE = np.random.default_rng(8)


def tiles(kind: str) -> np.ndarray:
    """Two tiles of 19 x 26."""
    if kind == "noise":
        return CHANCE.integers(0, 256, (2, 19, 26, 4), dtype=np.uint8)
    if kind == "grain":
        return CHANCE.integers(100, 112, (2, 19, 26, 4), dtype=np.uint8)
    if kind == "few colours":
        return CHANCE.choice(np.array([[0, 0, 0, 255], [9, 9, 9, 255], [255, 40, 0, 255]], np.uint8), (2, 19, 26))
    slope = np.cumsum(CHANCE.integers(0, 3, (2, 19, 26)), axis=2)
    return np.stack([slope, 2 * slope, slope * 0, slope * 0 + 255], axis=-1).astype(np.uint8)


KINDS = ("noise", "grain", "few colours", "slope")


@pytest.fixture(params=KINDS)
def lines(request):
    return np.ascontiguousarray(tiles(request.param))


def step(one, other) -> int:
    return int(np.abs(one.astype(int) - other.astype(int)).max())


def rows_of(lines):
    return [row for tile in lines for row in tile]


def test_premultiplied_colours_are_rounded(lines):
    mixed = np.empty_like(lines[0])
    kernels.premultiply(lines[0], mixed)
    rgba = lines[0].astype(float)
    expected = np.dstack([np.floor(rgba[..., :3] * rgba[..., 3:] / 255 + 127 / 255), rgba[..., 3:]])
    assert (mixed == expected.astype(np.uint8)).all()


def test_steps_are_counted_by_height_and_place(lines):
    starts = np.array([0, 40], np.int32)
    steps, sums, changes = np.zeros(256, np.int64), np.zeros(80, np.int64), np.zeros(80, np.int64)
    kernels.count_steps(lines, starts, steps, sums, changes)
    told = np.zeros(256, int), np.zeros(80, int), np.zeros(80, int)
    for start, tile in zip(starts, lines, strict=True):
        for row in tile:
            for x in range(1, len(row)):
                height = step(row[x - 1], row[x])
                told[0][height] += 1
                told[1][start + x] += height if height <= kernels.HIGH else 0
                told[2][start + x] += height > kernels.CHANGE
    assert (steps == told[0]).all()
    assert (sums == told[1]).all()
    assert (changes == told[2]).all()


def runs_of_change(row):
    """The first and last pixel of each run in which every step is a change."""
    is_change = [step(a, b) > kernels.CHANGE for a, b in itertools.pairwise(row)]
    begin = 0
    for changes, group in itertools.groupby(is_change):
        length = len(list(group))
        if changes:
            yield begin, begin + length
        begin += length


def test_transitions_are_runs_of_change(lines):
    found = np.zeros(8)
    kernels.follow_transitions(lines, found)
    told = np.zeros(8)
    for row in rows_of(lines):
        for begin, end in runs_of_change(row):
            rise, length = step(row[begin], row[end]), end - begin
            if rise <= kernels.HIGH:
                continue
            kind = 0 if length == 1 else 1 if length <= kernels.NARROW else 2 if length <= kernels.WIDE else 3
            told[kind] += rise
            told[4] += rise * length
            if kind == 1:
                told[5] += length - 1
                told[6] += sum(is_near_mixes(row[x], row[begin], row[end], 10) for x in range(begin + 1, end))
            beside = [step(row[a], row[a + 1]) for a in (begin - 1, end) if 0 <= a < len(row) - 1]
            told[7] += rise * any(beside)
    assert found == pytest.approx(told)


def is_near_mixes(pixel, one, other, tolerance) -> bool:
    shares = np.linspace(0, 1, 1001)[:, None]
    apart = np.linalg.norm(shares * one + (1 - shares) * other - pixel, axis=1)
    return bool(apart.min() <= tolerance)


def test_slopes_are_still_stretches_whose_ends_differ(lines):
    found = np.zeros(3, np.int64)
    kernels.follow_slopes(lines, found)
    told = np.zeros(3, int)
    for row in rows_of(lines):
        told[2] += len(row)
        borders = [0, *(x for x in range(1, len(row)) if step(row[x - 1], row[x]) > kernels.CHANGE), len(row)]
        for begin, end in itertools.pairwise(borders):
            if end - begin < kernels.SLOPE:
                continue
            third = (end - begin) // 3
            first, last = row[begin : begin + third].astype(float), row[end - third : end].astype(float)
            told[0 if np.abs(last.mean(0) - first.mean(0)).max() >= kernels.CLIMB else 1] += end - begin
    assert (found == told).all()


BLOCKS = {
    "one colour": (np.full((8, 8), 90.0), 0),
    "hardly any noise": (90 + CHANCE.integers(-2, 3, (8, 8)), 0),
    "a ramp": (10.0 * np.mgrid[0:8, 0:8][0] + 5 * np.mgrid[0:8, 0:8][1], 1),
    "two halves": (np.where(np.mgrid[0:8, 0:8][1] + np.mgrid[0:8, 0:8][0] // 2 < 2, 200.0, 20.0), 2),
    "a dot": (np.where(np.hypot(*(np.mgrid[0:8, 0:8] - 3.5)) < 2, 200.0, 20.0), 2),
    "noise": (CHANCE.uniform(0, 255, (8, 8)), 3),
}


@pytest.mark.parametrize("name", BLOCKS)
@pytest.mark.parametrize("channel", range(4))
def test_blocks_are_of_four_kinds_whatever_the_channel(name, channel):
    values, kind = BLOCKS[name]
    block = np.full((8, 8, 4), 128, np.uint8)
    block[..., channel] = values.astype(np.uint8)
    assert kernels.kind_of_block(block, 2.0) == kind
    counts = np.zeros(4, np.int64)
    kernels.sort_blocks(np.tile(block, (2, 3, 1))[None], 2.0, counts)
    assert counts.tolist() == [6 * (place == kind) for place in range(4)]


def test_noise_that_is_known_of_leaves_a_block_flat():
    block = np.repeat((128 + CHANCE.normal(0, 6, (8, 8, 1))).astype(np.uint8), 4, axis=2)
    assert kernels.kind_of_block(block, 2.0) == 3
    assert kernels.kind_of_block(block, 12.0) == 0


@pytest.mark.parametrize("offset", [0, 4])
def test_even_blocks_are_counted(offset):
    light = CHANCE.choice(np.array([50, 51, 52, 60], np.uint8), (44, 61), p=[0.4, 0.3, 0.29, 0.01])
    even, total = kernels.count_even_blocks(light, offset, 2)
    blocks = [light[top : top + 8, left : left + 8] for top in range(offset, 37, 8) for left in range(offset, 54, 8)]
    assert (even, total) == (sum(int(np.ptp(block)) <= 2 for block in blocks), len(blocks))


def test_colours_are_counted(lines):
    pixels = lines.reshape(-1, 4)[::3]
    seen, coarse = np.full(4096, -1, np.int64), np.zeros(1 << 16, np.int64)
    different, grey = kernels.count_colours(lines, 3, seen, coarse)
    assert different == len({tuple(pixel) for pixel in pixels.tolist()})
    assert grey == sum(max(pixel[:3]) - min(pixel[:3]) < 16 for pixel in pixels.tolist())
    coarsely = {(r >> 3, g >> 3, b >> 3, a >> 7) for r, g, b, a in pixels.tolist()}
    assert np.count_nonzero(coarse) == len(coarsely)
    assert coarse.sum() == len(pixels)


def test_inks_are_the_colours_of_still_places():
    tile = np.zeros((1, 30, 30, 4), np.uint8)
    tile[..., 3] = 255
    tile[0, 10:20, 10:20, 0] = 200
    tile[0, :, 25:, 1] = 90
    tile[0, 0, 0] = 255  # a single pixel is no place
    inks, weights = np.zeros((8, 4), np.float32), np.zeros(8, np.int64)
    known, still = kernels.gather_inks(tile, inks, weights)
    assert known == 3
    assert {tuple(ink) for ink in inks[:known].tolist()} == {(0, 0, 0, 255), (200, 0, 0, 255), (0, 90, 0, 255)}
    assert weights.sum() == still
    red = [ink.tolist() for ink in inks[:known]].index([200, 0, 0, 255])
    assert weights[red] == 8 * 8


def test_no_more_inks_than_there_is_room_for():
    stripes = np.repeat(np.arange(0, 250, 25, dtype=np.uint8), 6)
    tile = np.tile(stripes[None, None, :, None], (1, 12, 1, 4))
    inks, weights = np.zeros((4, 4), np.float32), np.zeros(4, np.int64)
    known, still = kernels.gather_inks(np.ascontiguousarray(tile), inks, weights)
    assert known == 4
    assert still > weights.sum()


def test_unexplained_are_those_far_from_every_mix(lines):
    inks = np.array([[0, 0, 0, 255], [255, 40, 0, 255], [120, 120, 120, 255]], np.float32)
    unexplained, asked = kernels.count_unexplained(lines, 5, inks, 12.0)
    pixels = lines.reshape(-1, 4)[2::5]
    pairs = list(itertools.combinations(inks, 2))
    told = sum(not any(is_near_mixes(pixel, one, other, 12.0) for one, other in pairs) for pixel in pixels)
    assert asked == len(pixels)
    assert unexplained == pytest.approx(told, abs=1)


def test_ripples_are_fourfold_differences_from_the_mean_of_four(lines):
    ripples = np.zeros(256, np.int64)
    kernels.count_ripples(lines, ripples)
    told = np.zeros(256, int)
    for tile in lines[..., 1].astype(int):
        for y, x in itertools.product(range(1, tile.shape[0] - 1), range(1, tile.shape[1] - 1)):
            up, down, left, right = tile[y - 1, x], tile[y + 1, x], tile[y, x - 1], tile[y, x + 1]
            if max(abs(up - down), abs(left - right)) <= kernels.HIGH:
                told[min(255, abs(4 * tile[y, x] - up - down - left - right))] += 1
    assert (ripples == told).all()


def test_gradients_are_sobels():
    cv2 = pytest.importorskip("cv2")
    light = CHANCE.integers(0, 256, (23, 31), dtype=np.uint8)
    across, down = np.zeros(light.shape, np.float32), np.zeros(light.shape, np.float32)
    places = np.empty(light.size, np.int32)
    found = kernels.find_gradients(light, across, down, 200.0**2, places)
    inner = (slice(1, -1), slice(1, -1))
    told = [cv2.Sobel(light, cv2.CV_32F, *axis)[inner] for axis in ((1, 0), (0, 1))]
    assert (across[inner] == told[0]).all()
    assert (down[inner] == told[1]).all()
    strong = np.hypot(across, down) > 200
    assert sorted(places[:found].tolist()) == np.flatnonzero(strong).tolist()


def test_coherence_is_one_along_an_edge_and_none_in_noise():
    flat = np.zeros((20, 20), np.float32)
    edge = np.zeros((20, 20), np.float32)
    edge[:, 9:11] = 100
    found = np.zeros(2)
    kernels.add_coherence(edge, flat, np.array([10 * 20 + 10], np.int32), found)
    assert found.tolist() == [pytest.approx(1.0), 0.0]
    across, down = CHANCE.normal(size=(2, 20, 20)).astype(np.float32)
    found = np.zeros(2)
    kernels.add_coherence(across, down, np.array([10 * 20 + 10], np.int32), found)
    assert found[0] < 0.5
    assert found[1] == 1


def test_busy_cells_are_those_with_two_colours_in_them_or_around():
    tiles = np.zeros((2, 24, 40, 4), np.uint8)
    tiles[1, 3, 27] = 9  # in the margin of the last cell alone
    places = np.empty((40, 3), np.int32)
    found = kernels.find_busy_cells(tiles, 8, 2, places)

    cells = itertools.product(range(2), (4, 12), (4, 12, 20, 28))
    busy = [(n, y, x) for n, y, x in cells if tiles[n, y - 2 : y + 10, x - 2 : x + 10].any()]
    assert [tuple(each) for each in places[:found].tolist()] == busy == [(1, 4, 20), (1, 4, 28)]


def test_cells_are_cut_out_side_by_side(lines):
    places = np.array([(0, 3, 5), (1, 2, 9)], np.int32)
    cells = kernels.cut_out(lines, places, 2, 10)

    assert (cells[:, :10] == lines[0, 1:11, 3:13]).all()
    assert (cells[:, 10:] == lines[1, 0:10, 7:17]).all()


def stack(kind="noise", cells=3):
    """Three cells of 20 x 20, side by side."""
    if kind == "noise":
        return CHANCE.integers(0, 256, (20, 20 * cells, 3), dtype=np.uint8)
    return CHANCE.choice(np.array([[0, 0, 0], [250, 3, 9], [30, 200, 40]], np.uint8), (20, 20 * cells))


def test_shades_are_counted_to_four_bits():
    seen = stack()
    counts, sums = np.zeros(4096, np.int64), np.zeros((4096, 3), np.int64)
    kernels.count_shades(seen, counts, sums)

    for place in CHANCE.choice(np.flatnonzero(counts), 20):
        alike = seen[((seen >> 4).astype(int) @ [256, 16, 1]) == place]
        assert counts[place] == len(alike)
        assert sums[place].tolist() == alike.sum(axis=0).tolist()
    assert counts.sum() == 1200


@pytest.mark.parametrize("kind", ["noise", "few colours"])
def test_every_pixel_has_the_nearest_ink(kind):
    seen, inks = stack(kind), CHANCE.uniform(0, 255, (7, 3)).astype(np.float32)
    labels = np.empty(seen.shape[:2], np.uint8)
    kernels.label_inks(seen, inks, labels)
    apart = ((seen[:, :, None].astype(np.float32) - inks) ** 2).sum(axis=-1)

    assert (labels == apart.argmin(axis=-1)).all()


def test_a_map_shows_mixes_where_both_inks_are_near_and_else_the_region():
    inks, first, second = (CHANCE.integers(0, 4, (15, 20)).astype(np.int16) for _ in range(3))
    inks[:, :12] = 0
    share = CHANCE.uniform(0.5, 1, (15, 20)).astype(np.float32)
    colours = CHANCE.uniform(0, 255, (4, 4)).astype(np.float32)
    shown = np.empty((15, 20, 4), np.uint8)
    kernels.show_map(inks, first, second, share, colours, shown)

    mixes = 0
    for y, x in np.ndindex(inks.shape):
        around = inks[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2]
        expected = colours[inks[y, x]]
        if first[y, x] in around and second[y, x] in around:
            mixes += 1
            expected = share[y, x] * colours[first[y, x]] + (1 - share[y, x]) * colours[second[y, x]]
        assert np.abs(shown[y, x] - expected).max() <= 0.51
    assert 0 < mixes < inks.size


def test_pixels_beside_another_ink_stay_as_they_are():
    seen, labels = stack(), CHANCE.integers(0, 2, (20, 60)).astype(np.uint8)
    inked, mixed = np.zeros_like(seen), np.empty_like(seen)
    kernels.keep_mixes(seen, labels, inked, mixed)

    bordered = np.pad(labels, 1, "edge")
    around = (bordered[:-2, 1:-1], bordered[2:, 1:-1], bordered[1:-1, :-2], bordered[1:-1, 2:])
    is_inside = np.all([labels == each for each in around], axis=0)
    assert is_inside.any()
    assert (mixed == np.where(is_inside[..., None], inked, seen)).all()


def test_likeness_is_lost_as_in_ssim():
    one = stack()
    other = one.copy()
    other[3:9, 4:30] //= 2
    lost = []
    for left, c in itertools.product((2, 22, 42), range(3)):
        for top, start in itertools.product((2, 6, 10), (0, 4, 8)):
            p, q = (
                each[top : top + 8, left + start : left + start + 8, c].astype(float).ravel() for each in (one, other)
            )
            flat, dark = (0.03 * 255) ** 2, (0.01 * 255) ** 2
            structure = (2 * ((p - p.mean()) * (q - q.mean())).mean() + flat) / (p.var() + q.var() + flat)
            lost.append(1 - (2 * p.mean() * q.mean() + dark) / (p.mean() ** 2 + q.mean() ** 2 + dark) * structure)

    assert kernels.lost_likeness(one, other, 2) == pytest.approx(np.mean(lost))
    assert kernels.lost_likeness(one, one, 2) == 0


def test_a_letter_is_followed_by_the_next_on_its_line():
    letters = np.array(
        [
            (0, 10, 8, 20, 0, 0),
            (10, 10, 18, 20, 0, 0),
            (21, 12, 29, 20, 0, 0),
            (60, 10, 68, 20, 0, 0),  # too far
            (10, 40, 18, 50, 0, 0),  # another line
            (30, 0, 60, 30, 0, 0),  # too high
        ],
        np.int32,
    )
    follower, gaps = np.empty(6, np.int32), np.empty(6, np.float32)
    kernels.find_followers(letters, 4.0, follower, gaps)

    assert follower.tolist() == [1, 2, -1, -1, -1, -1]
    assert gaps == pytest.approx([0.2, 0.3, 1 / 8, 4, 4, 0])
