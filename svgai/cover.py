"""What a picture is made of: its inks, and how much of each pixel every ink covers.

Colours here are premultiplied, 0 to 255 in red, green, blue and alpha. In that space an
anti-aliased edge mixes in proportion to area, and "nothing" is one more ink.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from svgai.drawing import Ink
from svgai.picture import Picture

Premultiplied: TypeAlias = NDArray[np.float32]
"""... x 4."""


def premultiplied(picture: Picture) -> Premultiplied:
    """The picture's pixels in the space where areas mix."""
    alpha = picture.rgba[..., 3]
    weights = cv2.merge([alpha, alpha, alpha, np.full_like(alpha, 255)])
    return np.asarray(cv2.multiply(picture.rgba, weights, scale=1 / 255, dtype=cv2.CV_32F))


@dataclass(frozen=True, eq=False)
class Inks:
    """The inks of a picture: those of flat places, the most frequent first, then those too thin for one."""

    colours: Premultiplied
    """inks x 4."""
    ground: int
    """The one under all others, and past the picture's border."""
    is_complete: bool = False
    """Whether every pixel of the picture is exactly one of them."""

    def __len__(self) -> int:
        return len(self.colours)

    def __getitem__(self, index: int) -> Ink:
        """An ink as a drawing names it."""
        red, green, blue, alpha = (float(value) for value in self.colours[index])
        scale = 255 / alpha if alpha > 0.5 else 0.0
        red, green, blue = (min(255.0, value * scale) for value in (red, green, blue))
        return Ink(round(red), round(green), round(blue), opacity=round(alpha / 255, 3))


@dataclass(frozen=True, eq=False)
class Cover:
    """Each pixel as a mix of at most two inks."""

    first: NDArray[np.int16]
    """height x width: the ink that covers most of the pixel."""
    second: NDArray[np.int16]
    """The ink that covers the rest; the first once more where there is no rest."""
    share: NDArray[np.float32]
    """How much of the pixel the first ink covers, one half to one."""
    misfit: NDArray[np.float32]
    """How far the pixel's colour is from that mix."""
    seam: NDArray[np.bool_]
    """Whether a third ink shines through between the two: both were laid there with a soft edge."""

    def amount(self, ink: int, where: Any) -> NDArray[np.float32]:
        """How much of the pixels at these indices an ink covers."""
        share = self.share[where]
        behind = np.where(self.second[where] == ink, 1 - share, np.float32(0))
        return np.where(self.first[where] == ink, share, behind)

    @property
    def is_pure(self) -> NDArray[np.bool_]:
        pure: NDArray[np.bool_] = self.first == self.second
        return pure
