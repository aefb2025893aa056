"""How near a drawing is to its picture, in structure (SSIM) and in colour (CIEDE2000).

Both are seen on white, and on black too where there is transparency; the worse one counts, or a
white logo that came back as nothing would be perfect.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from svgai.engine.kernels.windows import lack_of_likeness
from svgai.picture import Picture, Pixels
from svgai.result import Quality

Colours: TypeAlias = NDArray[np.uint8]
"""height x width x 3, opaque."""

_WHITE, _BLACK = 255, 0
_REACH = 5
"""Pixels from the middle of a window to its end, as in scikit-image: 3.5 sigma of 1.5."""
_BELL = np.exp(-0.5 * (np.arange(-_REACH, _REACH + 1) / 1.5) ** 2)
_WINDOW = (_BELL / _BELL.sum()).astype(np.float32)
_MIXED_AT_ONCE = 1 << 14
"""Pixels. Tables of that size are used again; larger ones come fresh from the system, which costs more than sums."""
_PAIRED_AT_ONCE = 1 << 18
_C1: np.float32 = np.float32((0.01 * 255) ** 2)
_C2: np.float32 = np.float32((0.03 * 255) ** 2)


def measure(drawn: Pixels, picture: Picture) -> Quality:
    """Compare pixels of the same size."""
    is_opaque = picture.is_opaque and _is_opaque(drawn)
    views = [(_on(drawn, grey), _on(picture.rgba, grey)) for grey in ((_WHITE,) if is_opaque else (_WHITE, _BLACK))]
    return Quality(
        ssim=min(structural_similarity(*view) for view in views),
        delta_e=max(colour_difference(*view) for view in views),
    )


def _is_opaque(rgba: Pixels) -> bool:
    return bool((rgba[..., 3] == 255).all())


def _on(rgba: Pixels, grey: int) -> Colours:
    colours: Colours = cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB)
    if _is_opaque(rgba):
        return colours
    for rows in _bands(rgba.shape, _MIXED_AT_ONCE):
        alpha = cv2.cvtColor(rgba[rows, :, 3].copy(), cv2.COLOR_GRAY2RGB).astype(np.uint16)
        mixed = colours[rows] * alpha  # 255 * 255 and a half fit
        mixed += grey * (255 - alpha) + 127
        mixed //= 255
        colours[rows] = mixed
    return colours


def _bands(shape: tuple[int, ...], pixels: int) -> Iterator[slice]:
    """Rows that have together about so many pixels: a large picture never needs large tables."""
    step = max(1, pixels // shape[1])
    for top in range(0, shape[0], step):
        yield slice(top, top + step)


def structural_similarity(one: Colours, other: Colours) -> float:
    """Mean SSIM over the three channels, equal to scikit-image's in a twentieth of its time.

    Like there, the five outermost pixels do not count, since their windows reach outside; a picture
    with a side under eleven pixels has no others, so it is mirrored at its borders and all of it counts.
    """
    if min(one.shape[:2]) < len(_WINDOW):
        one, other = (
            np.pad(colours, ((_REACH, _REACH), (_REACH, _REACH), (0, 0)), "symmetric") for colours in (one, other)
        )
    height, width = one.shape[:2]
    one, other = np.ascontiguousarray(one), np.ascontiguousarray(other)
    lack = float(lack_of_likeness(one, other, _WINDOW, _C1, _C2))
    return 1 - lack / float(3 * (height - 2 * _REACH) * (width - 2 * _REACH))


def colour_difference(one: Colours, other: Colours) -> float:
    """Mean CIEDE2000 over all pixels; each pair of different colours of a band is worked out once."""
    total = sum(_summed_difference(one[rows], other[rows]) for rows in _bands(one.shape, _PAIRED_AT_ONCE))
    return float(total / (one.shape[0] * one.shape[1]))


def _summed_difference(one: Colours, other: Colours) -> float:
    before, after = _packed(one), _packed(other)
    differ = before != after
    if not differ.any():
        return 0.0
    both = np.stack([before[differ], after[differ]], axis=-1).view(np.uint64).ravel()
    pairs, counts = np.unique(both, return_counts=True)
    lab = rgb2lab(pairs.view(np.uint8).reshape(-1, 2, 4)[..., :3])
    return float((deltaE_ciede2000(lab[:, 0], lab[:, 1]) * counts).sum())


def _packed(colours: Colours) -> NDArray[np.uint32]:
    """Each pixel as one number."""
    packed: NDArray[np.uint32] = cv2.cvtColor(colours, cv2.COLOR_RGB2RGBA).view(np.uint32)[..., 0]
    return packed
