"""The table: one line for each tracer and variant, over all pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np

from bench.measurement import Measured, Row


@dataclass(frozen=True)
class Column:
    """One figure of many rows."""

    title: str
    figure: str
    """The field of `Row` that it sums up."""
    summary: Callable[[Sequence[float]], float]
    width: int
    decimals: int
    best: Callable[[Sequence[float]], float] = min

    def over(self, rows: Sequence[Row]) -> float:
        return float(self.summary([getattr(row, self.figure) for row in rows]))

    def written(self, rows: Sequence[Row]) -> str:
        return f"{self.over(rows):.{self.decimals}f}"


def mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def median(values: Sequence[float]) -> float:
    return float(np.median(values))


def p10(values: Sequence[float]) -> float:
    return float(np.percentile(values, 10))


def p95(values: Sequence[float]) -> float:
    return float(np.percentile(values, 95))


COLUMNS = (
    Column("ssim1", "ssim1", mean, 7, 4, best=max),
    Column("ssim4", "ssim4", mean, 7, 4, best=max),
    Column("p10", "ssim4", p10, 7, 4, best=max),
    Column("psnr4", "psnr4", mean, 6, 2, best=max),
    Column("p10", "psnr4", p10, 6, 2, best=max),
    Column("dE", "delta_e", mean, 6, 3),
    Column("med", "delta_e", median, 6, 3),
    Column("params", "params", median, 6, 2),
    Column("segs", "segs", median, 5, 2),
    Column("bytes", "bytes", median, 5, 2),
    Column("ms", "ms", median, 7, 1),
    Column("p95", "ms", p95, 7, 1),
)

MEANINGS = {
    "ssim1": "SSIM against the picture without its variant's damage; 1 is equal.",
    "ssim4": "SSIM against the original drawing at 4x, mean and 10th percentile: the shape, not only the pixels.",
    "psnr4": "PSNR in dB against the original drawing at 4x, mean and 10th percentile; 68 is equal.",
    "dE": "CIEDE2000 colour difference from the original drawing at 2x, mean and median; below 0.1 nobody sees it.",
    "params": "Numbers that describe the geometry, as a multiple of the original's; median.",
    "segs": "Path segments, as a multiple of the original's; median.",
    "bytes": "Length of the SVG, as a multiple of the original's; median.",
    "ms": "Milliseconds for one picture, median and 95th percentile; of programs with their start.",
    "fail": "Pictures of which the tracer made nothing, or nothing that can be drawn.",
}
"""What the columns mean; each one without a name says more of the one before it."""


@dataclass(frozen=True)
class Line:
    """One tracer on one variant."""

    tracer: str
    variant: str
    rows: Sequence[Row]
    failed: int


def lines(measured: Measured) -> Iterator[Line]:
    for tracer in measured.tracers:
        for variant in measured.variants:
            rows = [row for row in measured.rows if (row.tracer, row.variant) == (tracer, variant)]
            failed = sum((each.tracer, each.variant) == (tracer, variant) for each in measured.failures)
            yield Line(tracer, variant, rows, failed)


def written(measured: Measured, worst: int) -> Iterator[str]:
    """The table as text, with the worst pictures below each line."""
    yield " ".join([f"{'tracer':34} {'variant':10} {'n':>4}", *(f"{c.title:>{c.width}}" for c in COLUMNS), "fail"])
    for line in lines(measured):
        yield _line(line)
        for row in sorted(line.rows, key=attrgetter("psnr4"))[:worst]:
            yield _worst(row)


def _line(line: Line) -> str:
    opening = f"{line.tracer:34} {line.variant:10}"
    if not line.rows:
        return f"{opening} nothing traced, {line.failed} failed"
    figures = (f"{column.written(line.rows):>{column.width}}" for column in COLUMNS)
    return " ".join([f"{opening} {len(line.rows):4}", *figures, str(line.failed)])


def _worst(row: Row) -> str:
    return (
        f"    {row.name:32} ssim1 {row.ssim1:.4f} ssim4 {row.ssim4:.4f} psnr4 {row.psnr4:.2f} dE {row.delta_e:.3f} "
        f"params {row.params:.2f} segs {row.segs:.2f} bytes {row.bytes:.2f} ms {row.ms:.0f}"
    )
