"""Drawings and pictures that somebody adds to the data: a folder of SVGs or of picture files.

A folder in it that is called like a type (simple, text, gradient, complex) says what is in it. Otherwise an SVG with
gradients is one of those, and of all else the type is not known: it teaches what methods reach, not what pictures are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from svgai.files.header import read_header
from svgai.files.intake import decode
from svgai.ml.types import ImageType
from svgai.options import Limits
from svgai.training.drawings.subjects import Subject

_SUFFIXES = {".svg", ".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif"}
_FAMILY = "added"


def list_added(folders: Iterable[Path]) -> list[tuple[Path, ImageType | None, str]]:
    """Each file with its type, if a folder says it, and the drawing's name, which is that of its content."""
    return [
        (file, _said_by(file.relative_to(folder)), _name(file))
        for folder in folders
        for file in sorted(folder.rglob("*"))
        if file.suffix.lower() in _SUFFIXES
    ]


def added_subject(file: Path, image_type: ImageType | None, name: str) -> Subject:
    data = file.read_bytes()
    if file.suffix.lower() != ".svg":
        pixels = decode(data, read_header(data, Limits())).rgba
        return Subject(name, _FAMILY, image_type, is_flat=False, content=pixels)
    text = data.decode("utf-8", errors="replace")
    is_shaded = any(mark in text for mark in ("Gradient", "<filter", "<image"))
    return Subject(
        name, _FAMILY, image_type or (ImageType.GRADIENT if is_shaded else None), is_flat=not is_shaded, content=text
    )


def _said_by(file: Path) -> ImageType | None:
    names = {each.value for each in ImageType}
    return next((ImageType(folder.name) for folder in file.parents if folder.name in names), None)


def _name(file: Path) -> str:
    return f"{_FAMILY}-{hashlib.sha256(file.read_bytes()).hexdigest()[:16]}"
