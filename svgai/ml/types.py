"""The words of advice: the types of pictures, and what is foretold of a method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class ImageType(StrEnum):
    """What kind of picture it is, as far as tracing goes; the order is that of a classifier's outputs."""

    SIMPLE = "simple"
    """A drawing in few flat colours: a logo, an icon, line art."""
    TEXT = "text"
    """Mostly letters in flat colours."""
    GRADIENT = "gradient"
    """A drawing whose colours run into each other."""
    COMPLEX = "complex"
    """A photo, noise, or anything else with detail everywhere."""


TYPES: Final = tuple(ImageType)

TARGETS: Final[Mapping[ImageType, float]] = MappingProxyType(
    {ImageType.SIMPLE: 0.95, ImageType.TEXT: 0.90, ImageType.GRADIENT: 0.85, ImageType.COMPLEX: 0.75}
)
"""The SSIM that a result must reach where the user asks for none."""


@dataclass(frozen=True)
class Prediction:
    """What a method will reach on a picture, and what it will cost."""

    quality: float
    """SSIM of what a conversion by this method returns, which is never worse than the baseline's."""
    low: float
    high: float
    """Nine of ten results lie between these two."""
    seconds: float
    """The whole conversion, on an ordinary core."""


INTERVAL: Final = 0.9
"""The share of results that lie between `low` and `high`."""
