"""The drawings to be recovered: those of a folder, or our own, with the pixels that are their truth."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bench.drawings import own_drawings
from bench.rendering import Colours, Pixels, draw, on_white, pixel_size

KINDS = ("all", "flat", "gradient")
_LARGEST_TEXT = 60_000
_LEAST_PIXELS = 24


@dataclass(frozen=True)
class Original:
    """A drawing and what it looks like."""

    name: str
    svg: str
    size: int
    """Pixels of the longest side."""
    picture: Pixels
    at_2x: Colours
    at_4x: Colours

    @classmethod
    def drawn(cls, name: str, svg: str, size: int) -> Original:
        width, height = pixel_size(svg, size)
        larger = (on_white(draw(svg, times * width, times * height)) for times in (2, 4))
        return cls(name, svg, size, draw(svg, width, height), *larger)


@dataclass(frozen=True)
class Corpus:
    """Which drawings, and how many of them."""

    folder: Path | None
    """None are the drawings of our own."""
    kind: str
    limit: int

    @property
    def title(self) -> str:
        return self.folder.resolve().name if self.folder else "bench/drawings.py"

    def originals(self, size: int, skipped: Callable[[str], None]) -> Iterator[Original]:
        """The drawings at a size, one after another, since all of them at once would fill the memory."""
        return islice(self._drawable(size, skipped), self.limit)

    def _drawable(self, size: int, skipped: Callable[[str], None]) -> Iterator[Original]:
        for name, svg in _files(self.folder) if self.folder else own_drawings():
            if not _fits(svg, self.kind):
                continue
            try:
                if min(pixel_size(svg, size)) >= _LEAST_PIXELS:
                    yield Original.drawn(name, svg, size)
            except ValueError as error:  # an original that cannot be drawn is no test case
                skipped(f"skipped {name}: {error}")


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    """Name and text of each, in an order that has nothing to do with the names, yet is always the same."""
    files = sorted(folder.rglob("*.svg"))
    for file in sorted(files, key=lambda file: hashlib.sha256(file.name.encode()).hexdigest()):
        yield file.relative_to(folder).with_suffix("").as_posix(), file.read_text("utf-8", errors="replace")


def _fits(svg: str, kind: str) -> bool:
    """Whether it is a drawing of this kind; text depends on fonts, and embedded pixels are no drawing."""
    has_gradient = "Gradient" in svg or "<filter" in svg
    is_drawing = "<image" not in svg and "<text" not in svg and len(svg) <= _LARGEST_TEXT
    return is_drawing and kind in ("all", "gradient" if has_gradient else "flat")
