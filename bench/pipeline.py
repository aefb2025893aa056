"""The pictures in docs/pipeline.md: what the stages of the tracer find in our own drawings; `make pictures`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

from PIL import Image

from bench.drawings import DRAWINGS
from bench.rendering import draw
from bench.variants import stepped, white
from svgai.analysis import analyze
from svgai.explanation.sheet import Sheet
from svgai.explanation.sheets import sheets
from svgai.options import Limits

SIZE, SIDE, COLOURS = 128, 896, 255
TARGET = Path(__file__).parents[1] / "docs" / "pictures" / "pipeline"

PICTURES: Final = {
    "picture": ("badge", "picture"),
    "inks": ("badge", "inks"),
    "coverage": ("badge", "coverage"),
    "misfit": ("badge", "misfit"),
    "seams": ("honeycomb", "coverage"),
    "boundaries": ("badge", "boundaries"),
    "outlines": ("badge", "outlines"),
    "stairs": ("unsmoothed badge", "outlines"),
    "strands": ("badge", "strands"),
    "joints": ("honeycomb", "strands"),
    "curves": ("badge", "curves"),
    "shapes": ("buttons", "shapes"),
    "refined": ("badge", "refined"),
    "stacking": ("badge", "stacking"),
    "error": ("badge", "error"),
    "result": ("badge", "result"),
}
"""The drawing and the sheet that each picture shows."""


def main(folder: Path = TARGET) -> None:
    """Draw all pictures into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, image in pictures():
        file = folder / f"{name}.png"
        image.quantize(COLOURS, Image.Quantize.FASTOCTREE).save(file, optimize=True)
        print(f"{file.name}: {file.stat().st_size:,} bytes")  # noqa: T201


def pictures() -> Iterator[tuple[str, Image.Image]]:
    return ((name, sheets_of(drawing)[sheet].captioned()) for name, (drawing, sheet) in PICTURES.items())


@lru_cache
def sheets_of(drawing: str) -> dict[str, Sheet]:
    """The sheets of one of our own drawings by name."""
    name = drawing.removeprefix("unsmoothed ")
    pixels = (draw if name == drawing else stepped)(DRAWINGS[name](), SIZE, SIZE)
    return dict(sheets(analyze(white(pixels), Limits()), SIDE))


if __name__ == "__main__":
    main()
