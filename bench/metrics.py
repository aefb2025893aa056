"""How near a drawing is to the truth, and of how much it is made.

None of it is shared with the engine, which would otherwise be its own judge.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from bench.rendering import Colours

_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
_LEAST_ERROR = 0.01
"""Mean squared error of equal pictures, so that their PSNR is a number: 68 dB."""

_NUMBER = r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_NUMBERS = re.compile(_NUMBER)
# The two flags of an arc may be written without a space behind them.
_ARC = re.compile(r"\s*,?\s*".join([r"\s*,?\s*" + _NUMBER, _NUMBER, _NUMBER, "[01]", "[01]", _NUMBER, _NUMBER]))
_COMMAND = re.compile(r"([MLHVCSQTA])([^MLHVCSQTAZ]*)", re.IGNORECASE)
_NUMBERS_PER_SEGMENT = {"m": 2, "l": 2, "h": 1, "v": 1, "c": 6, "s": 4, "q": 4, "t": 2, "a": 7}
_NUMBERS_PER_SHAPE = {"circle": 3, "ellipse": 4, "rect": 4, "line": 4}


def ssim(one: Colours, other: Colours) -> float:
    """Mean SSIM over all pixels and channels, with a Gaussian window of 11 pixels."""
    a, b = one.astype(np.float32), other.astype(np.float32)
    mean_a, mean_b = _blur(a), _blur(b)
    variances = _blur(a * a) - mean_a * mean_a + _blur(b * b) - mean_b * mean_b
    covariance = _blur(a * b) - mean_a * mean_b
    likeness = (2 * mean_a * mean_b + _C1) * (2 * covariance + _C2)
    return float((likeness / ((mean_a * mean_a + mean_b * mean_b + _C1) * (variances + _C2))).mean())


def _blur(values: NDArray[np.float32]) -> NDArray[np.float32]:
    blurred: NDArray[np.float32] = cv2.GaussianBlur(values, (11, 11), 1.5, borderType=cv2.BORDER_REFLECT)
    return blurred


def psnr(one: Colours, other: Colours) -> float:
    error = float(((one.astype(np.float32) - other.astype(np.float32)) ** 2).mean())
    return 10 * math.log10(255**2 / max(error, _LEAST_ERROR))


def colour_difference(one: Colours, other: Colours) -> float:
    """Mean CIEDE2000 over all pixels."""
    differ = (one != other).any(-1)
    if not differ.any():
        return 0.0
    differences = deltaE_ciede2000(rgb2lab(one[differ][None]), rgb2lab(other[differ][None]))
    return float(differences.sum() / differ.size)


class Complexity(NamedTuple):
    """Of how much a drawing's geometry is made."""

    segments: int
    numbers: int


def complexity(svg: str) -> Complexity:
    """Count the segments of a drawing, and the numbers that describe them."""
    parts = [*_shapes(svg), *_paths(svg), *_polygons(svg)]
    return Complexity(sum(part.segments for part in parts), sum(part.numbers for part in parts))


def _shapes(svg: str) -> list[Complexity]:
    counts = {name: len(re.findall(rf"<{name}\b", svg)) for name in _NUMBERS_PER_SHAPE}
    radii = 2 * len(re.findall(r"<rect\b[^>]*\srx=", svg))
    return [Complexity(count, count * _NUMBERS_PER_SHAPE[name]) for name, count in counts.items()] + [
        Complexity(0, radii)
    ]


def _paths(svg: str) -> list[Complexity]:
    commands = (command for data in re.findall(r'\bd="([^"]*)"', svg) for command in _COMMAND.findall(data))
    return [_command(letter.lower(), arguments) for letter, arguments in commands]


def _command(letter: str, arguments: str) -> Complexity:
    numbers = 7 * len(_ARC.findall(arguments)) if letter == "a" else len(_NUMBERS.findall(arguments))
    return Complexity(numbers // _NUMBERS_PER_SEGMENT[letter], numbers)


def _polygons(svg: str) -> list[Complexity]:
    counts = (len(_NUMBERS.findall(points)) for points in re.findall(r'\bpoints="([^"]*)"', svg))
    return [Complexity(count // 2, count) for count in counts]
