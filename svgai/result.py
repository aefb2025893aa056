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
    """Which made the SVG; `baseline` where the one that was asked for did worse, with a warning that says so."""
    quality: Quality
    seconds: dict[str, float]
    """Seconds spent in each stage, in the order of their first run; the baseline's are added to the method's."""
    paths: int
    segments: int
    baseline_quality: Quality | None = None
    """What the baseline reached on this picture; None where it alone was asked for, or could draw nothing."""
    warnings: tuple[str, ...] = ()

    def facts(self) -> dict[str, Any]:
        """All but the SVG itself, as plain data."""
        facts = asdict(self)
        del facts["svg"]
        return facts | {"warnings": list(self.warnings)}
