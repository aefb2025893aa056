"""The ground: the ink that lies under all others, and past the picture's border.

A drawing seldom is a whole number of pixels high, so that the last row of them is only partly covered: its colours
are those of the row before, all mixed with the ground by one share. That tells the ground even where nothing else of
it is seen.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svgai.cover import Premultiplied, premultiplied
from svgai.picture import Picture, Pixels

_FLAT = 2.0
"""How much a channel may differ between the lines beside the border line..."""
_OFF = 2.5
"""...and between the border line and the mix that it should be."""
_CONTRAST = 40.0
"""Steps of colour between an ink and the ground that tell their share."""
_SHARES = 0.02, 0.98
_ONE_SHARE = 0.03
"""How much shares may differ along a border line."""
_SEEN, _FADED = 0.5, 0.9
"""The part of a border line that must tell, and the part of that which must agree."""
_LEAST = 6
"""Pixels to each side of a picture that has a border."""
_GROUNDS = np.array([(0, 0, 0, 0), (255, 255, 255, 255)], np.float32)
"""What drawings are laid on: nothing, or white paper."""


def faded_into(picture: Picture) -> Premultiplied | None:
    """The ground that a border line is partly covered with, if there is one.

    White along all sides may as well be a frame.
    """
    if min(picture.width, picture.height) < _LEAST:
        return None
    upright, lying = picture.rgba, picture.rgba.swapaxes(0, 1)
    ways = [[_lines(each[:3]), _lines(each[:-4:-1])] for each in (upright, lying)]
    for ground in _GROUNDS:
        rows, columns = (any(_fades(lines, ground) for lines in way) for way in ways)
        if rows != columns or (rows and ground[3] == 0):
            return np.asarray(ground)
    return None


def _lines(pixels: Pixels) -> Premultiplied:
    return premultiplied(Picture(np.ascontiguousarray(pixels)))


def _fades(lines: Premultiplied, ground: Premultiplied) -> bool:
    """Whether the first of three lines is the second one, mixed with the ground by the same share all along."""
    outer, inner, third = lines.astype(np.float64)
    steps = inner - ground
    is_told = (np.abs(inner - third).max(axis=1) <= _FLAT) & (np.abs(steps).max(axis=1) >= _CONTRAST)
    if is_told.mean() < _SEEN:
        return False
    outer, steps = outer[is_told], steps[is_told]
    shares = ((outer - ground) * steps).sum(axis=1) / (steps * steps).sum(axis=1)
    share = float(np.median(shares))
    is_mixed = np.abs(outer - ground - shares[:, None] * steps).max(axis=1) <= _OFF
    is_mixed &= np.abs(shares - share) <= _ONE_SHARE
    return _SHARES[0] < share < _SHARES[1] and bool(is_mixed.mean() >= _FADED)


def find_ground(picture: Picture, inks: Premultiplied) -> int:
    """The ink of the ground: nothing, if any of that is seen at the border; else what the border fades into.

    Failing that it is what three corners show, or what is seen most at the border.
    """
    sides = picture.rgba[[0, -1]].reshape(-1, 4), picture.rgba[:, [0, -1]].reshape(-1, 4)
    border = _nearest(_lines(np.concatenate(sides)[None])[0], inks)
    counts = np.bincount(border, minlength=len(inks))
    is_clear = (inks[:, 3] < 1) & (counts > 0)
    if is_clear.any():
        return int(np.argmax(np.where(is_clear, counts, 0)))
    faded = faded_into(picture)
    if faded is not None:
        return int(_nearest(faded[None], inks)[0])
    width = picture.width
    corners = np.bincount(border[[0, width - 1, width, 2 * width - 1]], minlength=len(inks))
    return int(np.argmax(corners if corners.max() > 2 else counts))


def _nearest(colours: Premultiplied, inks: Premultiplied) -> NDArray[np.int64]:
    off = np.stack([((colours - ink) ** 2).sum(axis=1) for ink in inks])
    return np.asarray(np.argmin(off, axis=0))
