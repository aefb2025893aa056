"""What a tracer would lose of a picture, from a small sample of it: how unlike it is to simpler forms of itself.

Every method leaves specks out, paints in few colours, or draws its edges where colours meet. Doing only that to some
cells of the picture costs next to nothing, and the SSIM that is lost foretells what will be lost by tracing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from svgai.ml import kernels
from svgai.ml.views import Tiles, busy_cells, enlarged, laid_on

Colours: TypeAlias = NDArray[np.uint8]
"""height x width x 3: cells with their margins, side by side."""
Inks: TypeAlias = NDArray[np.float32]
"""n x 3."""

CELL: Final = 16
"""Pixels along the side of a cell, in which likeness is measured..."""
MARGIN: Final = 2
"""...and around it, which filters see, too."""
MOST_CELLS: Final = 24
_SIDE = CELL + 2 * MARGIN
_SCALE = 1000
"""Losses are told as logarithms of thousandths, since most are small and their differences matter."""
_LEAST_INK, _MOST_INKS, _INKS_APART = 0.002, 24, 24.0


def losses(tiles: Tiles, ground: int) -> Mapping[str, float]:
    """What is lost by each way to make a picture simpler, on white (255) or black (0)."""
    tiles = enlarged(tiles, _SIDE)
    places, total = busy_cells(tiles, CELL, MARGIN)
    if not len(places):
        return {"busy": 0.0, **dict.fromkeys(_WAYS, 0.0)}
    some = np.linspace(0, len(places) - 1, min(len(places), MOST_CELLS)).astype(np.int64)
    seen = laid_on(kernels.cut_out(tiles, places[some], MARGIN, _SIDE), ground)
    simpler = _simpler(seen, _inks(seen))
    share = len(places) / total
    return {
        "busy": share,
        **{name: told(share * kernels.lost_likeness(seen, simpler[name], MARGIN)) for name in _WAYS},
    }


def told(lost: float) -> float:
    """Lost likeness as a feature tells it."""
    return float(np.log2(1 + _SCALE * max(0.0, lost)))


_WAYS: Final = ("lost_detail", "lost_shades", "lost_shapes", "lost_parts", "lost_mixes", "lost_blur")


def _simpler(seen: Colours, inks: Inks) -> dict[str, Colours]:
    painted = (inks + 0.5).astype(np.uint8)
    labels = np.empty(seen.shape[:2], np.uint8)
    kernels.label_inks(seen, inks, labels)
    inked, mixed = painted[labels], np.empty_like(seen)
    kernels.keep_mixes(seen, labels, inked, mixed)
    return {
        "lost_detail": cv2.medianBlur(seen, 5),
        "lost_shades": inked,
        "lost_shapes": cv2.medianBlur(inked, 3),
        "lost_parts": painted[cv2.medianBlur(labels, 5)],
        "lost_mixes": mixed,
        "lost_blur": cv2.GaussianBlur(seen, (0, 0), 1.0),
    }


def _inks(seen: Colours) -> Inks:
    """The most frequent colours that are well apart, the most frequent first.

    Colours count together that are the same to four bits, as those that a JPEG makes of one are; each is their mean.
    """
    counts, sums = np.zeros(1 << 12, np.int64), np.zeros((1 << 12, 3), np.int64)
    kernels.count_shades(seen, counts, sums)
    frequent = np.flatnonzero(counts >= min(counts.max(), _LEAST_INK * counts.sum()))
    frequent = frequent[np.argsort(-counts[frequent], kind="stable")]
    left = (sums[frequent] / counts[frequent, None]).astype(np.float32)
    inks: list[Inks] = []
    while len(left) and len(inks) < _MOST_INKS:
        inks.append(left[0])
        left = left[((left - left[0]) ** 2).sum(axis=1) > _INKS_APART**2]
    return np.array(inks, np.float32)
