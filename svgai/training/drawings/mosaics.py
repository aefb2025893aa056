"""Pixel art: a small grid of cells in few colours, made larger without smoothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svgai.picture import Pixels
from svgai.training.drawings.dice import Dice, scheme
from svgai.training.drawings.page import ground


def sprite(dice: Dice) -> Pixels:
    """A figure that is the same left and right, with a rim, grown by chance from its middle."""
    height, half = dice.whole(8, 26), dice.whole(4, 12)
    mass = dice.numbers.random((height, half))
    y, x = np.mgrid[-1 : 1 : height * 1j, 1 : 0 : half * 1j]
    body = mass > np.clip(0.15 + 0.75 * (x**2 + y**2) / 1.4, 0, 1)
    tones = (
        (dice.numbers.random((height // 2 + 1, half // 2 + 1)) * dice.whole(2, 5)).astype(int).repeat(2, 0).repeat(2, 1)
    )
    cells = np.where(body, 2 + tones[:height, :half], 0)
    cells = np.pad(np.concatenate([cells, cells[:, ::-1]], axis=1), 2)
    solid = cells > 0
    rim = np.zeros_like(solid)
    for axis in (0, 1):
        for step in (-1, 1):
            rim |= np.roll(solid, step, axis)
    return _painted(dice, np.where(~solid & rim, 1, cells))


def tiles(dice: Dice) -> Pixels:
    """A scene from a game: sky, bricks, grass, ladders and coins, on a grid."""
    rows, columns, colours = dice.whole(12, 30), dice.whole(12, 40), dice.whole(4, 9)
    cells = np.zeros((rows, columns), int)
    for _ in range(dice.whole(4, 14)):
        top, left = dice.whole(0, rows - 3), dice.whole(0, columns - 3)
        high, wide = dice.whole(1, rows // 3), dice.whole(2, columns // 2)
        block = cells[top : top + high, left : left + wide]
        block[:] = dice.whole(1, colours)
        if dice.chance(0.5):
            block[:: dice.whole(2, 3), :: dice.whole(2, 4)] = dice.whole(0, colours)
    return _painted(dice, cells)


def _painted(dice: Dice, cells: NDArray[np.int64]) -> Pixels:
    """One pixel a cell; cell 0 is the ground, 1 a dark rim."""
    under = ground(dice)
    inks = ["#101018", *scheme(dice, int(cells.max()) + 1)]
    palette = [(0, 0, 0, 0) if under is None else _rgba(under), *(_rgba(each) for each in inks)]
    return np.array(palette, np.uint8)[cells]


def _rgba(text: str) -> tuple[int, int, int, int]:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16), 255
