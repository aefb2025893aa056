"""Coverage: how much of each pixel every ink covers, read from the mixes at the edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svgai.cover import Cover, Inks, Premultiplied, premultiplied
from svgai.engine.kernels import explain
from svgai.picture import Picture

PURE = 4.0
"""A pixel this near to an ink is all that ink."""
REACH = 2
"""Pixels to each side in which the two inks of an edge are looked for."""


def unmix(picture: Picture, inks: Inks) -> Cover:
    """Explain every pixel as one ink, or as a mix of two that are near."""
    pixels = premultiplied(picture)
    shape = pixels.shape[:2]
    first, second = np.zeros(shape, np.int16), np.zeros(shape, np.int16)
    share, misfit = np.ones(shape, np.float32), np.zeros(shape, np.float32)
    explain(pixels, inks.colours, _pure(pixels, inks.colours), REACH, first, second, share, misfit)
    return Cover(first, second, share, misfit)


def _pure(pixels: Premultiplied, inks: Premultiplied) -> NDArray[np.int16]:
    """The ink that fills a pixel; where none does, and nothing pure is near, the nearest one all the same."""
    nearest = np.full(pixels.shape[:2], -1, np.int16)
    least = np.full(pixels.shape[:2], PURE, np.float32)
    for index, ink in enumerate(inks):
        distance = np.abs(pixels - ink).max(axis=-1)
        is_nearer = distance < least
        nearest[is_nearer], least[is_nearer] = index, distance[is_nearer]
    return nearest
