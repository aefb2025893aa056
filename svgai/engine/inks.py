"""Inks: the colours that a picture was drawn with, without the mixes that its edges are made of.

Where nothing changes, a pixel shows an ink. Strokes and letters too thin for such a place are
found by what they leave unexplained: the colour that, mixed with the inks known so far, explains
most of what is left, and so on until nothing worth an ink is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from svgai.cover import Inks, Premultiplied, premultiplied
from svgai.engine.ground import faded_into, find_ground
from svgai.engine.kernels.pixels import find_modes, mark_explained, mark_mixed
from svgai.picture import Picture

FLAT = 2.0
"""How much a channel may differ within a flat place."""
SAME = 8.0
"""Inks nearer to each other than that are one."""
EXPLAINED = 6.0
"""A pixel this near to a mix is explained by it."""
SCARCE = 8
"""Flat pixels below which an ink must not be a mix of others."""
WORTH = 6
"""Pixels that a thin ink must explain."""
_UNLIKE, _UNLIKE_THROUGH = 9.0, 12.0
"""A colour this near to a mix of inks is an edge where what lies beneath shows; and so is one that is not opaque."""
_PROPOSALS = 32
_MEETING = 12
"""Only the most frequent inks are tried by threes: their number grows with the third power."""
_MOST_OF_SQUARES = 16
"""Colours of a picture made of squares; with more of them it rather is an enlarged one with soft edges."""
_SLACK = 0.03
_MOST_EDGES, _MOST_UNEXPLAINED = 60_000, 6_000
"""Of more pixels than that, every second, third and so on is looked at."""
_BAND_PIXELS = 1 << 20


def find_inks(picture: Picture, at_most: int) -> Inks:
    """The inks of a picture, at least one: those of flat places by frequency, then those too thin for one.

    Where it is made of squares, all its colours are.
    """
    faded = faded_into(picture)
    complete = None if faded is not None else _of_squares(picture, min(at_most, _MOST_OF_SQUARES))
    if complete:
        return complete
    flat, edges = zip(*_bands(picture), strict=True)
    sums, counts = _tallied([colours for colours in flat if len(colours)] or list(edges))
    inks = _sure(_modes(sums, counts, at_most), sums, counts)
    inks = _with_ground(inks, faded, at_most)
    inks = _with_thin_ones(inks, _some(np.concatenate(edges), _MOST_EDGES), at_most)
    return Inks(inks, find_ground(picture, inks))


def _of_squares(picture: Picture, at_most: int) -> Inks | None:
    """All colours, if they change at every second, third, ... column and row only, which a smooth edge never does."""
    pixels = np.ascontiguousarray(picture.rgba).view(np.uint32)[..., 0]
    columns = 1 + np.flatnonzero((pixels[:, 1:] != pixels[:, :-1]).any(axis=0))
    rows = 1 + np.flatnonzero((pixels[1:] != pixels[:-1]).any(axis=1))
    if any(len(places) > 1 and np.gcd.reduce(np.diff(places)) == 1 for places in (columns, rows)):
        return None
    columns, rows = (np.concatenate([[0], places]) for places in (columns, rows))
    sizes = np.outer(np.diff(rows, append=picture.height), np.diff(columns, append=picture.width))
    cells = premultiplied(replace(picture, rgba=picture.rgba[np.ix_(rows, columns)])).reshape(-1, 4)
    colours, which = np.unique(cells, axis=0, return_inverse=True)
    if len(colours) > at_most:
        return None
    areas = np.bincount(which.ravel(), sizes.ravel())
    colours = np.ascontiguousarray(colours[np.argsort(-areas, kind="stable")])
    return Inks(colours, find_ground(picture, colours), is_complete=True)


def _bands(picture: Picture) -> Iterator[tuple[Premultiplied, Premultiplied]]:
    """The colours of flat places and those of all others, some rows at a time."""
    step = max(1, _BAND_PIXELS // picture.width)
    every = 1 + picture.width * picture.height // (16 * _BAND_PIXELS)
    for top in range(0, picture.height, step):
        first, last = max(0, top - 1), min(picture.height, top + step + 1)
        pixels = premultiplied(replace(picture, rgba=picture.rgba[first:last]))
        mine = slice(top - first, top - first + step)
        is_flat = (_spread(pixels)[mine] <= FLAT).ravel()
        pixels = pixels[mine].reshape(-1, 4)
        yield pixels.take(np.flatnonzero(is_flat), axis=0), pixels.take(np.flatnonzero(~is_flat)[::every], axis=0)


def _some(colours: Premultiplied, at_most: int) -> Premultiplied:
    return np.ascontiguousarray(colours[:: 1 + len(colours) // at_most])


def _spread(pixels: Premultiplied) -> NDArray[np.float32]:
    """Largest difference of a channel among a pixel and its eight neighbours."""
    around = np.ones((3, 3), np.uint8)
    high = cv2.dilate(pixels, around, borderType=cv2.BORDER_REPLICATE)
    low = cv2.erode(pixels, around, borderType=cv2.BORDER_REPLICATE)
    red, green, blue, alpha = cv2.split(cv2.subtract(high, low))
    return np.asarray(cv2.max(cv2.max(red, green), cv2.max(blue, alpha)))


def _tallied(bands: list[Premultiplied]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """All colours that round to the same, added up, and how many they are; the most frequent first."""
    packed, sums = (np.concatenate(each) for each in zip(*map(_runs, bands), strict=True))
    values, inverse = np.unique(packed, return_inverse=True)
    added = [np.bincount(inverse, sums[:, column], len(values)) for column in range(5)]
    table: NDArray[np.float64] = np.stack(added, axis=1)
    table = table[np.argsort(-table[:, 4], kind="stable")]
    return table[:, :4], table[:, 4].astype(np.int64)


def _runs(colours: Premultiplied) -> tuple[NDArray[np.uint32], NDArray[np.float64]]:
    """Runs of colours that round to the same, of which there are far fewer than pixels: the sum and length of each."""
    packed = np.rint(colours).astype(np.uint8).view(np.uint32).ravel()
    begins = np.flatnonzero(np.append(True, packed[1:] != packed[:-1]))
    sums = np.add.reduceat(colours, begins, axis=0, dtype=np.float64)
    return packed[begins], np.column_stack([sums, np.diff(begins, append=len(packed))])


def _modes(sums: NDArray[np.float64], counts: NDArray[np.int64], at_most: int) -> Premultiplied:
    """The colours that others gather around, the most frequent first."""
    means = (sums / counts[:, None]).astype(np.float32)
    modes = np.empty(at_most, np.int32)
    return np.asarray(means[modes[: find_modes(means, SAME, modes)]])


def _sure(inks: Premultiplied, sums: NDArray[np.float64], counts: NDArray[np.int64]) -> Premultiplied:
    """The inks without those that are hardly seen and may as well be mixes of two others."""
    means = (sums / counts[:, None]).astype(np.float32)
    kept = inks
    for ink in inks[1:][::-1]:
        others = kept[(kept != ink).any(axis=1)]
        seen = counts[np.linalg.norm(means - ink, axis=1) < SAME].sum()
        if seen < SCARCE and _mixed(ink[None], others, EXPLAINED)[0]:
            kept = others
    return kept


def _with_ground(inks: Premultiplied, ground: Premultiplied | None, at_most: int) -> Premultiplied:
    if ground is None or len(inks) == at_most or (np.linalg.norm(inks - ground, axis=1) < SAME).any():
        return inks
    return np.vstack([inks, ground])


def _with_thin_ones(inks: Premultiplied, edges: Premultiplied, at_most: int) -> Premultiplied:
    rest = _some(_unexplained(edges, inks), _MOST_UNEXPLAINED)
    tried: dict[bytes, tuple[NDArray[np.bool_], int]] = {}
    while len(rest) >= WORTH and len(inks) < at_most:
        proposals = _modes(*_tallied([rest]), _PROPOSALS)
        lets_through = proposals[:, 3] < 255
        is_edge = _mixed(proposals, inks, _UNLIKE) | (lets_through & _mixed(proposals, inks, _UNLIKE_THROUGH))
        proposals = proposals[~is_edge]
        explained = []
        for proposal in proposals:
            # Of one that was proposed before, only mixes with inks found since are to be looked for.
            mixed, known = tried.get(proposal.tobytes(), (np.zeros(len(rest), np.bool_), 0))
            explained.append(mark_mixed(rest, inks[known:], proposal, EXPLAINED, mixed))
            tried[proposal.tobytes()] = mixed, len(inks)
        if max(explained, default=0) < WORTH:
            break
        best = int(np.argmax(explained))
        is_left = ~tried[proposals[best].tobytes()][0]
        rest = rest[is_left]
        tried = {proposal: (mixed[is_left], known) for proposal, (mixed, known) in tried.items()}
        inks = np.vstack([inks, proposals[best]])
    return inks


def _unexplained(colours: Premultiplied, inks: Premultiplied) -> Premultiplied:
    """Colours that are no mix of two inks, as at an edge, nor of three, as where edges meet or lie side by side."""
    explained = np.zeros(len(colours), np.bool_)
    mark_explained(colours, inks, _MEETING, EXPLAINED, _SLACK, explained)
    return colours[~explained]


def _mixed(colours: Premultiplied, inks: Premultiplied, near: float) -> NDArray[np.bool_]:
    """Which colours lie as near as given to a mix of two inks."""
    mixed = np.zeros(len(colours), np.bool_)
    for index, ink in enumerate(inks):
        mark_mixed(colours, inks[:index], ink, near, mixed)
    return mixed
