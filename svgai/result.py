"""What a conversion gives back."""

from __future__ import annotations

from collections.abc import Mapping
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
    """Which made the SVG: the one that was asked for, or advised; `baseline` where that did worse, with a warning."""
    quality: Quality
    seconds: dict[str, float]
    """Seconds spent in each stage, in the order of their first run; the baseline's are added to the method's."""
    paths: int
    segments: int
    baseline_quality: Quality | None = None
    """What the baseline reached on this picture; None where it alone was asked for, or could draw nothing."""
    warnings: tuple[str, ...] = ()
    image_type: str | None = None
    """What the picture was taken for: simple, text, gradient or complex (`svgai.ml.types.ImageType`).

    None, as what follows, where nobody was consulted: the method was chosen, and no adviser was brought along.
    """
    predicted_quality: float | None = None
    """The SSIM foretold, before anything was traced, for what the method that was asked for or advised would return."""
    advice: Mapping[str, Any] | None = None
    """What was advised, by whom, and what was tried (`svgai.conversion.Advised`): plain data."""

    def facts(self) -> dict[str, Any]:
        """All but the SVG itself, as plain data."""
        facts = asdict(self)
        del facts["svg"]
        return facts | {"warnings": list(self.warnings)}
