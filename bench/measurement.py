"""What tracers make of pictures, in figures."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.corpus import Original
from bench.metrics import colour_difference, complexity, psnr, ssim
from bench.rendering import Pixels, draw, on_white
from bench.tracers import Tracer
from bench.variants import VARIANTS


@dataclass(frozen=True)
class Row:
    """One picture traced by one tracer. Quality is seen on white; sizes are multiples of the original's."""

    tracer: str
    variant: str
    size: int
    name: str
    ssim1: float
    ssim4: float
    psnr4: float
    delta_e: float
    params: float
    segs: float
    bytes: float
    ms: float
    svg: str = field(repr=False)

    def facts(self) -> dict[str, Any]:
        """All but the SVG itself, as plain data."""
        facts = asdict(self)
        del facts["svg"]
        return facts


@dataclass(frozen=True)
class Failure:
    """A tracing of which nothing came, or nothing that can be drawn."""

    tracer: str
    variant: str
    size: int
    name: str
    reason: str


@dataclass(frozen=True)
class Measured:
    """All tracings at one size. A tracer that is not made for a picture has neither row nor failure there."""

    size: int
    tracers: Sequence[str]
    variants: Sequence[str]
    originals: dict[str, str]
    """SVG text by name."""
    rows: Sequence[Row]
    failures: Sequence[Failure]


def measure_all(
    originals: Iterable[Original], size: int, tracers: Sequence[Tracer], variants: Sequence[str]
) -> Measured:
    """Let every tracer trace every variant of every drawing."""
    texts: dict[str, str] = {}
    outcomes: list[Row | Failure | None] = []
    for original in originals:
        for tracer in tracers:
            for variant in variants:
                if not texts:
                    _warm_up(tracer, variant, original)
                outcomes.append(measure(tracer, variant, original))
        texts[original.name] = original.svg
    return Measured(
        size=size,
        tracers=[tracer.spec for tracer in tracers],
        variants=variants,
        originals=texts,
        rows=[outcome for outcome in outcomes if isinstance(outcome, Row)],
        failures=[outcome for outcome in outcomes if isinstance(outcome, Failure)],
    )


def _warm_up(tracer: Tracer, variant: str, original: Original) -> None:
    """Let the tracer load what it loads at first, for which no picture should be charged."""
    with contextlib.suppress(Exception):  # measuring it will fail likewise, and say so
        tracer.trace(_pictured(variant, original))


def _pictured(variant: str, original: Original) -> Pixels:
    height, width = original.picture.shape[:2]
    return VARIANTS[variant](original.svg, width, height)


def measure(tracer: Tracer, variant: str, original: Original) -> Row | Failure | None:
    """Trace one picture; None where the tracer is not made for it."""
    picture = _pictured(variant, original)
    try:
        begun = time.perf_counter()
        svg = tracer.trace(picture)
        milliseconds = 1000 * (time.perf_counter() - begun)
        return svg if svg is None else _row(tracer, variant, original, svg, milliseconds)
    except Exception as error:  # noqa: BLE001 - a tracer may fail in any way, and that is a result like any other
        reason = f"{type(error).__name__}: {error!s:.120}"
        return Failure(tracer.spec, variant, original.size, original.name, reason)


def _row(tracer: Tracer, variant: str, original: Original, svg: str, milliseconds: float) -> Row:
    height, width = original.picture.shape[:2]
    at_1x, at_2x, at_4x = (on_white(draw(svg, times * width, times * height)) for times in (1, 2, 4))
    made, meant = complexity(svg), complexity(original.svg)
    return Row(
        tracer=tracer.spec,
        variant=variant,
        size=original.size,
        name=original.name,
        ssim1=ssim(on_white(original.picture), at_1x),
        ssim4=ssim(original.at_4x, at_4x),
        psnr4=psnr(original.at_4x, at_4x),
        delta_e=colour_difference(original.at_2x, at_2x),
        params=made.numbers / max(1, meant.numbers),
        segs=made.segments / max(1, meant.segments),
        bytes=len(svg) / len(original.svg),
        ms=milliseconds,
        svg=svg,
    )
