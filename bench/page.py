"""The page: every picture with what each tracer made of it, to be looked at in a browser."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader
from PIL import Image

from bench.corpus import Corpus
from bench.measurement import Failure, Measured, Row
from bench.rendering import pinned, pixel_size
from bench.table import COLUMNS, MEANINGS, Line, lines
from bench.variants import VARIANTS

_FIGURES = (
    ("psnr4", "psnr4", 2),
    ("ssim4", "ssim4", 4),
    ("ssim1", "ssim1", 4),
    ("dE", "delta_e", 3),
    ("params", "params", 2),
    ("segs", "segs", 2),
    ("bytes", "bytes", 2),
    ("ms", "ms", 0),
)
"""Of each result: title, field of `Row`, decimals."""


@dataclass(frozen=True)
class Cell:
    """One picture of a card: the original, the pixels, or a result."""

    title: str
    file: str = ""
    """Its address as seen from the page; empty where there is no result."""
    note: str = ""
    figures: Sequence[tuple[str, str]] = ()
    is_best: bool = False
    is_pixels: bool = False
    has_failed: bool = False


@dataclass(frozen=True)
class Card:
    """One picture and its cells."""

    name: str
    variant: str
    width: int
    height: int
    cells: Sequence[Cell]
    psnr4: float
    """Of the first tracer, by which cards are sorted."""


def write_page(folder: Path, corpus: Corpus, measured: Sequence[Measured]) -> Path:
    """Write the page and its pictures, and say where it is."""
    folder.mkdir(parents=True, exist_ok=True)
    cards = [card for each in measured for card in _Gallery(folder, each).cards()]
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.get_template("page.html").render(
        corpus=corpus,
        summaries=[_summary(each) for each in measured],
        columns=COLUMNS,
        meanings=MEANINGS,
        cards=sorted(cards, key=lambda card: card.psnr4),
        first=measured[0].tracers[0],
    )
    target = folder / "index.html"
    target.write_text(page, "utf-8")
    return target


@dataclass(frozen=True)
class _Entry:
    """A line of the table and which of its figures no other tracer betters."""

    line: Line
    figures: Sequence[tuple[str, bool]]


@dataclass(frozen=True)
class _Summary:
    size: int
    drawings: int
    entries: Sequence[_Entry]


def _summary(measured: Measured) -> _Summary:
    all_lines = list(lines(measured))
    return _Summary(measured.size, len(measured.originals), [_entry(line, all_lines) for line in all_lines])


def _entry(line: Line, all_lines: Sequence[Line]) -> _Entry:
    if not line.rows:
        return _Entry(line, ())
    # Whoever traced only some of the pictures did not run the same race.
    rivals = [each for each in all_lines if each.variant == line.variant and len(each.rows) == len(line.rows)]
    figures = []
    for column in COLUMNS:
        best = column.best([column.over(each.rows) for each in rivals])
        figures.append((column.written(line.rows), len(rivals) > 1 and column.over(line.rows) == best))
    return _Entry(line, figures)


class _Gallery:
    """The cards of one size, whose pictures it writes to the folder."""

    def __init__(self, folder: Path, measured: Measured) -> None:
        self._folder = folder
        self._measured = measured
        outcomes: Sequence[Row | Failure] = [*measured.rows, *measured.failures]
        self._outcomes: Mapping[tuple[str, str, str], Row | Failure] = {
            (outcome.name, outcome.variant, outcome.tracer): outcome for outcome in outcomes
        }

    def cards(self) -> Iterator[Card]:
        for name, svg in self._measured.originals.items():
            for variant in self._measured.variants:
                yield self._card(name, svg, variant)

    def _card(self, name: str, svg: str, variant: str) -> Card:
        width, height = pixel_size(svg, self._measured.size)
        outcomes = {tracer: self._outcomes.get((name, variant, tracer)) for tracer in self._measured.tracers}
        known = [outcome.psnr4 for outcome in outcomes.values() if isinstance(outcome, Row)]
        results = [self._result(tracer, outcome, svg, max(known, default=0)) for tracer, outcome in outcomes.items()]
        original = Cell("original", self._written_svg(svg, svg, "original", name), f"{len(svg):,} characters")
        cells = [original, self._pixels(name, svg, variant), *results]
        return Card(name, variant, width, height, cells, _psnr4(outcomes[self._measured.tracers[0]]))

    def _pixels(self, name: str, svg: str, variant: str) -> Cell:
        width, height = pixel_size(svg, self._measured.size)
        target = self._target(variant, "picture", f"{name}.png")
        Image.fromarray(VARIANTS[variant](svg, width, height)).save(target)
        return Cell("picture", self._address(target), f"{variant}, {width} × {height} pixels", is_pixels=True)  # noqa: RUF001

    def _result(self, tracer: str, outcome: Row | Failure | None, original: str, best: float) -> Cell:
        if outcome is None:
            return Cell(tracer, note="It is not made for such pictures.")
        if isinstance(outcome, Failure):
            return Cell(tracer, note=outcome.reason, has_failed=True)
        file = self._written_svg(outcome.svg, original, outcome.variant, tracer, outcome.name)
        figures = [(title, f"{getattr(outcome, figure):.{decimals}f}") for title, figure, decimals in _FIGURES]
        is_best = len(self._measured.tracers) > 1 and outcome.psnr4 == best
        return Cell(tracer, file, figures=figures, is_best=is_best)

    def _written_svg(self, svg: str, original: str, *place: str) -> str:
        target = self._target(*place[:-1], f"{place[-1]}.svg")
        # Pinned, for the browser would not stretch an SVG without a viewBox.
        target.write_text(pinned(svg, *pixel_size(original, self._measured.size)), "utf-8")
        return self._address(target)

    def _target(self, *place: str) -> Path:
        parts = [re.sub(r"[^\w.=,/ -]", "_", part) for part in place]
        target = self._folder.joinpath(f"{self._measured.size}px", *parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def _address(self, target: Path) -> str:
        return quote(target.relative_to(self._folder).as_posix())


def _psnr4(outcome: Row | Failure | None) -> float:
    """Failures first, what was not traced last."""
    if isinstance(outcome, Row):
        return outcome.psnr4
    return -math.inf if outcome else math.inf
