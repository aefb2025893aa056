"""How each feature is measured, group by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from svgai.ml import kernels
from svgai.ml.likeness import losses
from svgai.ml.trial import let_try
from svgai.ml.views import (
    Near,
    Tiles,
    contrast_of,
    ground_of,
    is_opaque,
    light_of,
    look_from_afar,
    look_near,
    reduced,
)
from svgai.ml.writing import measure_writing
from svgai.picture import Picture, Pixels

Measured = Mapping[str, float]

_MOST_COUNTED = 1 << 16
"""Pixels whose colours are told apart exactly."""
_MOST_ASKED = 1_024
"""Pixels that are explained by inks."""
_MOST_INKS = 16
_LEAST_INK = 0.002
"""Share of all still places that a colour must fill to be an ink."""
_STRANGE = 12.0
"""A pixel this far from all mixes is unexplained, as in `svgai.tracing`."""
_EDGE = 160.0
"""Where Sobel's sum says more, light changes by 40 levels within two pixels: an edge."""
_MOST_COHERENT = 1_024
"""Places at an edge around which it is asked for directions."""
_EVEN = 2
"""A block of a JPEG is even where light differs by no more than rounding makes it."""
_STILL = 2.0
"""Deviation of a block that is flat, in levels."""
_FAR = 128
"""The longest side from afar, where slow gradients are as steep as fast ones are near."""


def measure_all(picture: Picture) -> Measured:
    """Every feature by its name."""
    near = look_near(picture)
    whole = look_from_afar(picture, near)
    small = reduced(whole, _FAR)
    lines = _lines(near)
    ripples = _ripples(near.tiles)
    deviation = _deviation(ripples)
    joined = _joined(near.tiles)
    ground = ground_of(joined)
    light = light_of(joined, ground)
    light_from_afar = light if whole is joined else light_of(whole, ground)
    return {
        **_size(picture),
        **_opacity(near.tiles),
        **_steps(lines, near, light, picture),
        **_colours(near.tiles),
        **_inks(near.tiles),
        "plain_border": _plain_border(whole),
        **_transitions(lines),
        **_slopes(lines, small),
        **_edges(light, picture),
        **_blocks(near.tiles, whole, small, deviation),
        **_noise(ripples, deviation),
        **measure_writing(light_from_afar, deviation),
        **losses(near.tiles, ground),
        **let_try(picture, near, ground),
        "fine_detail": _fine_detail(light),
    }


def _log(value: float) -> float:
    return float(np.log2(1.0 + value))


def _share(part: float, whole: float) -> float:
    """The part of a whole; none of nothing."""
    return float(part) / float(whole) if whole else 0.0


def _size(picture: Picture) -> Measured:
    short, long = sorted((picture.width, picture.height))
    return {
        "pixels": float(np.log2(short * long)),
        "least_side": float(np.log2(short)),
        "elongation": float(np.log2(long / short)),
    }


def _opacity(tiles: Tiles) -> Measured:
    if is_opaque(tiles):
        return {"clear": 0.0, "translucent": 0.0}
    alpha = np.ascontiguousarray(tiles[..., 3])
    clear, opaque = int(np.count_nonzero(alpha == 0)), int(np.count_nonzero(alpha == 255))
    return {
        "clear": _share(clear, alpha.size),
        "translucent": _share(alpha.size - clear - opaque, alpha.size),
    }


def _lines(near: Near) -> tuple[Tiles, Tiles]:
    """Rows, and columns turned to rows; of a large picture every third, which tells as much as all of them."""
    every = 3 if near.tiles.size // 4 > kernels.FEW else 1
    return (
        np.ascontiguousarray(near.tiles[:, ::every]),
        np.ascontiguousarray(near.tiles[:, :, ::every].transpose(0, 2, 1, 3)),
    )


def _steps(lines: tuple[Tiles, Tiles], near: Near, light: NDArray[np.uint8], picture: Picture) -> Measured:
    steps = np.zeros(256, np.int64)
    sums = [np.zeros(size, np.int64) for size in (picture.width, picture.height)]
    changes = [np.zeros(size, np.int64) for size in (picture.width, picture.height)]
    kernels.count_steps(lines[0], near.lefts, steps, sums[0], changes[0])
    kernels.count_steps(lines[1], near.tops, steps, sums[1], changes[1])
    total = steps.sum()
    return {
        "equal_steps": _share(steps[0], total),
        "faint_steps": _share(steps[1:5].sum(), total),
        "small_steps": _share(steps[5:25].sum(), total),
        "strong_steps": _share(steps[65:].sum(), total),
        "blockiness": _blockiness(light, sums, is_textured=steps[1:25].sum() > 0.3 * total),
        "grid": _grid(*changes),
    }


def _blockiness(light: NDArray[np.uint8], sums: Sequence[NDArray[np.int64]], *, is_textured: bool) -> float:
    """How much more happens at the borders of blocks of 8 x 8 than inside.

    Where there is drawing, a JPEG keeps its damage inside blocks: more of them are even than of others, half a block
    aside. Where there is texture, small steps are larger at every eighth column.
    """
    even, aside = (kernels.count_even_blocks(light, offset, _EVEN) for offset in (0, 4))
    inside, outside = _share(*even), _share(*aside)
    drawn = _share(inside - outside, 1 - min(inside, outside))
    if not is_textured:
        return max(0.0, drawn)
    phases = sum(np.array([_middle(each[phase::8]) for phase in range(8)]) for each in sums)
    others = float(np.sum(phases) - np.max(phases)) / 7
    return max(0.0, drawn, min(1.0, _share(float(np.max(phases)) - others, others)))


def _middle(counts: NDArray[np.int64]) -> float:
    """The median of those that were counted at all."""
    counted = counts[counts > 0]
    return float(np.median(counted)) if len(counted) else 0.0


def _folded(values: NDArray[np.int64], period: int) -> NDArray[np.float64]:
    weights = values.astype(np.float64)
    folded: NDArray[np.float64] = np.bincount(np.arange(len(values)) % period, weights, period).astype(np.float64)
    return folded


def _grid(*changes: NDArray[np.int64]) -> float:
    """How much more than by chance all changes are at one column of every n, for the n where that is clearest."""
    clearest = 0.0
    for period in range(2, 17):
        kept = total = 0.0
        for each in changes:
            # Few lines are on some grid by chance.
            if np.count_nonzero(each) >= 8:
                phases = _folded(each, period)
                kept += phases.max()
                total += phases.sum()
        chance = 1 / period
        clearest = max(clearest, (_share(kept, total) - chance) / (1 - chance))
    return clearest


def _colours(tiles: Tiles) -> Measured:
    number = tiles.size // 4
    every = max(1, -(-number // _MOST_COUNTED))
    seen = np.full(2 * _MOST_COUNTED, -1, np.int64)
    coarse = np.zeros(1 << 16, np.int64)
    different, grey = kernels.count_colours(tiles, every, seen, coarse)
    shares = np.sort(coarse[coarse > 0])[::-1] / coarse.sum()
    others = shares[1:] / max(shares[1:].sum(), 1e-9)
    return {
        "colours": float(np.log2(different)),
        "first_colour": float(shares[0]),
        "four_colours": float(shares[:4].sum()),
        "sixteen_colours": float(shares[:16].sum()),
        "colour_entropy": float(-(shares * np.log2(shares)).sum()),
        "other_entropy": float(-(others * np.log2(others)).sum()),
        "grey": _share(grey, coarse.sum()),
    }


def _inks(tiles: Tiles) -> Measured:
    inks, weights = np.zeros((64, 4), np.float32), np.zeros(64, np.int64)
    known, still = kernels.gather_inks(tiles, inks, weights)
    of_weight = np.flatnonzero(weights >= max(1.0, _LEAST_INK * still))
    main = of_weight[np.argsort(-weights[of_weight], kind="stable")][:_MOST_INKS]
    every = max(1, tiles.size // 4 // _MOST_ASKED) | 1  # odd, so as not to ask the same columns in every row
    unexplained, asked = kernels.count_unexplained(tiles, every, inks[main], _STRANGE)
    return {"inks": _log(min(known, len(of_weight))), "unexplained": _share(unexplained, asked)}


def _plain_border(whole: Pixels) -> float:
    border = np.concatenate([whole[0], whole[-1], whole[:, 0], whole[:, -1]])
    coarse = (border >> 4).astype(np.int64) @ np.array([1, 16, 256, 4096])
    return _share(int(np.bincount(coarse).max()), len(border))


def _transitions(lines: tuple[Tiles, Tiles]) -> Measured:
    found = np.zeros(8)
    for each in lines:
        kernels.follow_transitions(each, found)
    height = found[:4].sum()
    return {
        "abrupt": _share(found[0], height),
        "narrow": _share(found[1], height),
        "wide": _share(found[2], height),
        "long": _share(found[3], height),
        "edge_width": _log(_share(found[4], height)),
        "blended": _share(found[6], found[5]),
        "frayed": _share(found[7], height),
    }


def _slopes(lines: tuple[Tiles, Tiles], small: Pixels) -> Measured:
    near, far = np.zeros(3, np.int64), np.zeros(3, np.int64)
    for each in lines:
        kernels.follow_slopes(each, near)
    for each in (small[None], np.ascontiguousarray(small.transpose(1, 0, 2))[None]):
        kernels.follow_slopes(each, far)
    return {
        "slopes": _share(near[0], near[2]),
        "steep": _share(near[0], near[0] + near[1]),
        "far_slopes": _share(far[0], far[2]),
    }


def _edges(light: NDArray[np.uint8], picture: Picture) -> Measured:
    """Edges, and whether the change around some of them has one direction."""
    across, down = np.zeros(light.shape, np.float32), np.zeros(light.shape, np.float32)
    places = np.empty(light.size, np.int32)
    at_edge = kernels.find_gradients(light, across, down, _EDGE**2, places)
    chosen = places[: at_edge : at_edge // _MOST_COHERENT + 1]
    found = np.zeros(2)
    kernels.add_coherence(across, down, chosen, found)
    density = _share(at_edge, light.size)
    return {
        "edge_density": density,
        "edges": _log(density * picture.width * picture.height),
        "coherence": _share(found[0], len(chosen)),
        "corners": _share(found[1], len(chosen)),
    }


def _joined(tiles: Tiles) -> Pixels:
    """All tiles below each other, with a still margin of a block between."""
    if len(tiles) == 1:
        joined: Pixels = tiles[0]
        return joined
    return np.pad(tiles, ((0, 0), (8, 8), (0, 0), (0, 0)), "edge").reshape(-1, *tiles.shape[2:])


def _blocks(tiles: Tiles, whole: Pixels, small: Pixels, deviation: float) -> Measured:
    """What kinds of blocks there are; from afar, noise of that deviation is averaged away, and told from texture."""
    near, far = np.zeros(4, np.int64), np.zeros(4, np.int64)
    kernels.sort_blocks(tiles, _STILL, near)
    kernels.sort_blocks(small[None], _STILL + deviation * small.shape[0] / whole.shape[0], far)
    return {
        "flat_blocks": _share(near[0], near.sum()),
        "ramp_blocks": _share(near[1], near.sum()),
        "two_tone_blocks": _share(near[2], near.sum()),
        "far_flat": _share(far[0], far.sum()),
        "far_ramps": _share(far[1], far.sum()),
        "far_texture": _share(far[3], far.sum()),
    }


def _ripples(tiles: Tiles) -> NDArray[np.int64]:
    ripples = np.zeros(256, np.int64)
    kernels.count_ripples(tiles, ripples)
    return ripples


def _deviation(ripples: NDArray[np.int64]) -> float:
    """The standard deviation of noise that is everywhere, from the median of its ripples."""
    total = ripples.sum()
    median = float(np.searchsorted(np.cumsum(ripples), total / 2)) if total else 0.0
    # Of normal noise with deviation 1, four times a pixel less its four neighbours has deviation sqrt(20).
    return median / 0.6745 / 20**0.5


def _noise(ripples: NDArray[np.int64], deviation: float) -> Measured:
    """The deviation tells noise that is everywhere, the mean ripple also what is only beside edges."""
    return {"noise": _log(deviation), "ripple": _log(_share(float(ripples @ np.arange(256)), 4 * ripples.sum()))}


def _fine_detail(light: NDArray[np.uint8]) -> float:
    """What a little blur takes of the picture's contrast."""
    contrast = contrast_of(light)
    if contrast < 1:
        return 0.0
    taken = cv2.subtract(light, cv2.GaussianBlur(light, (0, 0), 2.0), dtype=cv2.CV_16S)
    return min(1.0, contrast_of(taken) / contrast)
