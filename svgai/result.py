"""What a conversion gives back."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Quality:
    """How near the drawing is to the picture, measured by drawing it at the picture's size."""

    ssim: float
    """Structural similarity, 1 is equal."""
    delta_e: float
    """Mean colour difference (CIEDE2000), 0 is equal; below 1 hardly anybody sees it."""


@dataclass(frozen=True)
class Result:
    """An SVG, and what is known of it."""

    svg: str
    width: int
    height: int
    method: str
    quality: Quality
    seconds: dict[str, float]
    """Seconds spent in each stage, in order."""
    paths: int
    segments: int
    warnings: tuple[str, ...] = ()

    def facts(self) -> dict[str, Any]:
        """All but the SVG itself, as plain data."""
        facts = asdict(self)
        del facts["svg"]
        return facts | {"warnings": list(self.warnings)}
