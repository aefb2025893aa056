"""The picture: what every stage of the engine looks at.

Units, here and in the whole engine: pixels, x to the right, y down, the centre of the first pixel
at (0.5, 0.5). Colours are straight (not premultiplied) sRGB with 8 bits and alpha.
"""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[np.uint8]
"""height x width x 4, straight RGBA."""

Source: TypeAlias = str | PathLike[str] | bytes | Pixels
"""Where a picture comes from: a path, the bytes of a file, or pixels."""


@dataclass(frozen=True)
class Picture:
    """Decoded pixels, upright and in sRGB."""

    rgba: Pixels
    """height x width x 4, never written to."""
    warnings: tuple[str, ...] = ()
    """What a user should know of how the file was read."""

    @property
    def width(self) -> int:
        return int(self.rgba.shape[1])

    @property
    def height(self) -> int:
        return int(self.rgba.shape[0])

    @property
    def is_opaque(self) -> bool:
        return bool((self.rgba[..., 3] == 255).all())
