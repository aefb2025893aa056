"""Inks: the colours that a picture was drawn with, without the mixes that its edges are made of.

Where nothing changes, a pixel shows an ink. Strokes and letters too thin for such a place are
found by what they leave unexplained: the colour that, mixed with the inks known so far, explains
most of what is left, and so on until nothing worth an ink is left.
"""

from __future__ import annotations

import itertools

import cv2
import numpy as np
from numpy.typing import NDArray

from svgai.cover import Inks, Premultiplied, premultiplied
from svgai.picture import Picture

FLAT = 2.0
"""How much a channel may differ within a flat place."""
SAME = 8.0
"""Inks nearer to each other than that are one."""
EXPLAINED = 6.0
"""A pixel this near to a mix is explained by it."""
WORTH = 6
"""Pixels that a thin ink must explain."""
_PROPOSALS = 48
_MEETING = 12
"""Only the most frequent inks are tried by threes: their number grows with the third power."""
_SLACK = 0.03
_MOST_UNEXPLAINED = 20_000


def find_inks(picture: Picture, at_most: int) -> Inks:
    """The inks of a picture, at least one: those of flat places by frequency, then those too thin for one."""
    pixels = premultiplied(picture)
    is_flat = _spread(pixels) <= FLAT
    inks = _modes(pixels[is_flat] if is_flat.any() else pixels.reshape(-1, 4), at_most)
    return Inks(_with_thin_ones(inks, pixels[~is_flat], at_most))


def _spread(pixels: Premultiplied) -> NDArray[np.float32]:
    """Largest difference of a channel among a pixel and its eight neighbours."""
    around = np.ones((3, 3), np.uint8)
    high = cv2.dilate(pixels, around, borderType=cv2.BORDER_REPLICATE)
    low = cv2.erode(pixels, around, borderType=cv2.BORDER_REPLICATE)
    spread: NDArray[np.float32] = (high - low).max(axis=-1)
    return spread


def _modes(colours: Premultiplied, at_most: int) -> Premultiplied:
    """The colours that others gather around, the most frequent first."""
    packed = np.rint(colours).astype(np.uint8).view(np.uint32).ravel()
    values, counts = np.unique(packed, return_counts=True)
    modes = np.empty((0, 4), np.float32)
    for value in values[np.argsort(-counts, kind="stable")]:
        if len(modes) == at_most:
            break
        # Premultiplied colours are no whole numbers: those that round to the same are averaged.
        mode = np.array(value).reshape(1).view(np.uint8).astype(np.float32)
        if not len(modes) or np.linalg.norm(modes - mode, axis=1).min() >= SAME:
            modes = np.vstack([modes, colours[packed == value].mean(axis=0, dtype=np.float64).astype(np.float32)])
    return modes


def _with_thin_ones(inks: Premultiplied, edges: Premultiplied, at_most: int) -> Premultiplied:
    rest = _unexplained(edges, inks)[:_MOST_UNEXPLAINED]
    while len(rest) >= WORTH and len(inks) < at_most:
        proposals = _modes(rest, _PROPOSALS)
        gains = [_mixed(rest, inks, proposal).sum() for proposal in proposals]
        best = int(np.argmax(gains))
        if gains[best] < WORTH:
            break
        rest = rest[~_mixed(rest, inks, proposals[best])]
        inks = np.vstack([inks, proposals[best]])
    return inks


def _unexplained(colours: Premultiplied, inks: Premultiplied) -> Premultiplied:
    """Colours that are no mix of two inks, as at an edge, nor of three, as where edges meet or lie side by side."""
    for index in range(len(inks)):
        colours = colours[~_mixed(colours, inks[: index + 1], inks[index])]
    for three in itertools.combinations(inks[:_MEETING], 3):
        colours = colours[~_among(colours, *three)]
    return colours


def _among(colours: Premultiplied, one: Premultiplied, two: Premultiplied, three: Premultiplied) -> NDArray[np.bool_]:
    """Which colours lie in the triangle of three inks."""
    sides = np.stack([two - one, three - one], axis=1).astype(np.float64)
    shares = (colours - one) @ np.linalg.pinv(sides).T
    is_inside = (shares >= -_SLACK).all(axis=1) & (shares.sum(axis=1) <= 1 + _SLACK)
    is_near: NDArray[np.bool_] = np.linalg.norm(colours - one - shares @ sides.T, axis=1) <= EXPLAINED
    return np.asarray(is_inside & is_near)


def _mixed(colours: Premultiplied, inks: Premultiplied, other: Premultiplied) -> NDArray[np.bool_]:
    """Which colours lie between the other ink and any of the inks."""
    is_mixed: NDArray[np.bool_] = np.zeros(len(colours), np.bool_)
    for ink in inks:
        step = ink - other
        along = np.clip((colours - other) @ step / max(float(step @ step), 1e-9), 0, 1)
        is_mixed |= np.linalg.norm(colours - other - along[:, None] * step, axis=1) <= EXPLAINED
    return is_mixed
