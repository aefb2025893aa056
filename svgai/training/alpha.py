"""Colours weighed by their opacity, and back: the only form in which pixels can be averaged."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from svgai.picture import Pixels

Premultiplied: TypeAlias = NDArray[np.float32]
"""height x width x 4, from 0 to 255."""


def premultiplied(pixels: Pixels) -> Premultiplied:
    """Colours weighed by their opacity, or what is unseen would bleed into what is seen."""
    alpha = pixels[..., 3:].astype(np.float32)
    return np.dstack([pixels[..., :3] * (alpha / 255), alpha])


def straight(weighed: Premultiplied) -> Pixels:
    """The reverse; where nothing is seen, the colour is black."""
    alpha = np.clip(weighed[..., 3:], 0, 255)
    colours = np.where(alpha >= 0.5, weighed[..., :3] / np.maximum(alpha / 255, 1e-3), 0)
    return np.clip(np.dstack([colours, alpha]) + 0.5, 0, 255).astype(np.uint8)
