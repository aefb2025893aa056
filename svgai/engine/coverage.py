"""Coverage: how much of each pixel every ink covers, read from the mixes at the edges."""

from __future__ import annotations

import numpy as np

from svgai.cover import Cover, Inks, premultiplied
from svgai.engine.kernels.laid import lay
from svgai.engine.kernels.pixels import doubt_pure, explain, find_pure
from svgai.picture import Picture

PURE = 4.0
"""A pixel this near to an ink is all that ink."""
STRANGE = 8.0
"""A pixel this far from every mix of inks near it may hold one from elsewhere."""
REACH = 2
"""Pixels to each side in which the two inks of an edge are looked for."""


def unmix(picture: Picture, inks: Inks) -> Cover:
    """Explain every pixel as one ink, or as a mix of two that are near."""
    pixels = premultiplied(picture)
    shape = pixels.shape[:2]
    first, second = np.zeros(shape, np.int16), np.zeros(shape, np.int16)
    share, misfit = np.ones(shape, np.float32), np.zeros(shape, np.float32)
    seam = np.zeros(shape, np.bool_)
    pure, sure = np.empty(shape, np.int16), np.empty(shape, np.int16)
    find_pure(pixels, inks.colours, PURE, pure)
    if inks.is_complete:
        return Cover(pure, pure, share, misfit, seam)
    doubt_pure(pure, inks.colours, inks.ground, REACH, STRANGE, sure)
    explain(pixels, inks.colours, sure, inks.ground, REACH, STRANGE, first, second, share, misfit, seam)
    lay(pixels, inks.colours, first, second, share, misfit, seam)
    return Cover(first, second, share, misfit, seam)
