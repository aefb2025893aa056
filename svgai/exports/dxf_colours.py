"""The 255 colours that every reader of DXF knows (AutoCAD Colour Index), and the nearest of them to any other."""

from __future__ import annotations

import colorsys
from collections.abc import Iterator
from functools import lru_cache
from typing import TypeAlias

Levels: TypeAlias = tuple[int, int, int]

_BASIC: dict[int, Levels] = {
    1: (255, 0, 0),
    2: (255, 255, 0),
    3: (0, 255, 0),
    4: (0, 255, 255),
    5: (0, 0, 255),
    6: (255, 0, 255),
    8: (128, 128, 128),
    9: (192, 192, 192),
}
_BLACK_OR_WHITE = 7
"""Whichever is seen on the ground of the screen."""
_GREYS = (51, 80, 105, 130, 190, 255)
_BRIGHTNESS = (255, 165, 127, 76, 38)


def nearest_index(levels: Levels) -> int:
    if levels == (0, 0, 0):
        return _BLACK_OR_WHITE
    return min(_all(), key=lambda index: sum((a - b) ** 2 for a, b in zip(levels, _all()[index], strict=True)))


@lru_cache(maxsize=1)
def _all() -> dict[int, Levels]:
    greys = {250 + step: (level, level, level) for step, level in enumerate(_GREYS)}
    return _BASIC | dict(_coloured()) | greys


def _coloured() -> Iterator[tuple[int, Levels]]:
    """From 10 to 249: 24 hues, each in five brightnesses, and each of these full and pale."""
    for hue in range(24):
        for step, brightness in enumerate(_BRIGHTNESS):
            for pale in (0, 1):
                red, green, blue = colorsys.hsv_to_rgb(hue / 24, 1 - pale / 2, brightness)
                yield 10 * hue + 10 + 2 * step + pale, (int(red), int(green), int(blue))
