"""What curves are held against: the picture without its seams, and whether its renderer counted samples.

Skia's way to draw, and that of resvg after it, takes four rows of four samples in a pixel. That can be read from the
picture, as all its mixes then are sixteenths. Where there are only stairs, it was one sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from svgai.cover import Cover, Inks, Premultiplied, premultiplied
from svgai.picture import Picture
from svgai.regions import Edges
from svgai.strands import NOISE, Numbers, Strands

_PRICE = 0.005
"""What a number of the drawing must explain where edges were drawn smooth: squared coverage, summed over pixels."""
_SAMPLES = 4
"""To each side of a pixel."""
_OFF_GRID = 0.008
"""How far a mix may be from a sixteenth, for what is rounded to 256 levels."""
_ON_GRID = 0.75
"""The part of all mixes that are sixteenths where samples were counted; of other pictures it is about a third."""
_FEW = 30
"""Mixes that may be sixteenths by chance."""
_CONTRAST = 100.0
"""Steps of colour that mixes must lie between to be read so closely."""
_CLOSE = 4.0
"""Misfit of a mix that counts."""


@dataclass(frozen=True, eq=False)
class Target:
    """What is to be explained: pixels, by the colours of the regions."""

    pixels: Premultiplied
    colours: Numbers
    """regions x 4; the last one is the paper."""
    samples: int = 0
    """How many samples of a pixel the renderer counted, to each side; none if it measured areas."""
    noise: float = NOISE
    """Pixels that edges are known to."""

    @property
    def price(self) -> float:
        """What a number of the drawing must explain: squared coverage, summed over pixels."""
        return _PRICE * (self.noise / NOISE) ** 2


def aim(strands: Strands, inks: Inks, cover: Cover, picture: Picture) -> Target:
    """What the picture would be without its seams."""
    pixels, seam = premultiplied(picture), cover.seam
    share = cover.share[seam][:, None]
    pixels[seam] = share * inks.colours[cover.first[seam]] + (1 - share) * inks.colours[cover.second[seam]]
    colours = inks.colours[strands.inks].astype(np.float64)
    return Target(pixels, colours, _samples(strands, inks, cover), strands.noise)


def _samples(strands: Strands, inks: Inks, cover: Cover) -> int:
    if strands.edges is Edges.STAIRS:
        return 1
    return _SAMPLES if is_sampled(inks, cover) else 0


def is_sampled(inks: Inks, cover: Cover) -> bool:
    """Whether the mixes in a picture are sixteenths, written as a renderer does: 16 to each, and 255 for all."""
    mixed = ~cover.is_pure & ~cover.seam & (cover.misfit < _CLOSE)
    contrast = np.abs(inks.colours[cover.first[mixed]] - inks.colours[cover.second[mixed]]).max(axis=-1)
    share = cover.share[mixed][contrast >= _CONTRAST] * 255 / _SAMPLES**2
    off = [np.abs(each - np.round(each)) for each in (share, 255 / _SAMPLES**2 - share)]
    return len(share) >= _FEW and float((np.minimum(*off) < _OFF_GRID * _SAMPLES**2).mean()) > _ON_GRID
