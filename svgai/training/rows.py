"""Rows: what is known of a picture and what every method made of it; a line of JSON each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from svgai.ml.objective import worth

ROWS, ABOUT, PICTURES = "rows.jsonl", "dataset.json", "pictures"


@dataclass(frozen=True)
class Made:
    """What one method made of a picture."""

    ssim: float
    delta_e: float
    seconds: float
    """Of processor time in the thread that converts: a machine that is busy otherwise does not lengthen it."""
    bytes: int
    segments: int
    made_by: str
    """The method whose drawing was the result: the baseline where the one that was asked for did worse."""

    @property
    def worth(self) -> float:
        return worth(self.ssim, self.seconds)


@dataclass(frozen=True)
class Row:
    """One picture."""

    drawing: str
    family: str
    image_type: str | None
    is_flat: bool
    damage: str
    width: int
    height: int
    split: str
    picture: str
    """The file in the data's folder of pictures."""
    engine: str
    """Which engine the methods were measured with."""
    features: dict[str, float]
    methods: dict[str, Made] = field(default_factory=dict)
    """A method that failed or took too long is not there."""

    @property
    def is_whole(self) -> bool:
        return self.damage == "none"

    def text(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def read(cls, line: str) -> Row:
        facts: dict[str, Any] = json.loads(line)
        return cls(**facts | {"methods": {name: Made(**made) for name, made in facts["methods"].items()}})


def read_rows(folder: Path) -> list[Row]:
    """All rows, in an order that does not depend on who was quicker. A line that was cut off is left out."""
    return sorted(_complete(folder / ROWS), key=lambda row: (row.drawing, row.picture))


def _complete(file: Path) -> Iterator[Row]:
    if not file.exists():
        return
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            if line.endswith("\n"):
                yield Row.read(line)


def write_rows(folder: Path, rows: Iterable[Row]) -> None:
    """Put rows in the place of those that are there, wholly or not at all."""
    aside = folder / f".{ROWS}.new"
    aside.write_text("".join(row.text() + "\n" for row in rows), encoding="utf-8")
    aside.replace(folder / ROWS)
