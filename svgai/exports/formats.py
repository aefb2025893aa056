"""The formats that a drawing can have: their names, media types and suffixes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from svgai.errors import FormatUnknown, OptionsInvalid


@dataclass(frozen=True)
class Format:
    """What a kind of file is called elsewhere."""

    media_type: str
    suffix: str
    description: str


FORMATS: Final = {
    "svg": Format("image/svg+xml", ".svg", "the drawing itself"),
    "svgz": Format("application/gzip", ".svgz", "the drawing itself, compressed"),
    "png": Format("image/png", ".png", "pixels, transparent where nothing is drawn"),
    "pdf": Format("application/pdf", ".pdf", "vectors, to be printed or placed"),
    "eps": Format("application/postscript", ".eps", "vectors for older programs, without transparency"),
    "dxf": Format("image/vnd.dxf", ".dxf", "outlines for cutters, plotters and CAD, in millimetres"),
}
"""In the order in which they are offered."""
_LEAST_SCALE, _MOST_SCALE = 0.001, 1000


def check_form(name: str) -> None:
    """See to it that there is such a format."""
    if name not in FORMATS:
        raise FormatUnknown(f"There is no format {name!r:.80}; there are {', '.join(FORMATS)}.")


def choose_form(asked: str | None, path: str) -> str:
    """The format that is asked for, or that the suffix of a file names; without both it is SVG."""
    suffix = Path(path).suffix.lower()
    suffixes = {each.suffix: name for name, each in FORMATS.items()}
    named = suffixes.get(suffix)
    if asked and named and named != asked:
        raise OptionsInvalid(f"{path} is named as {named}, and {asked} is asked for", option="format")
    if suffix and not asked and not named:
        raise FormatUnknown(f"No format has the suffix {suffix!r:.80}; there are {', '.join(suffixes)}.")
    return asked or named or "svg"


def check_scale(scale: float, form: str) -> None:
    """See to it that a drawing can have that scale in a format."""
    is_number = isinstance(scale, int | float) and not isinstance(scale, bool) and math.isfinite(scale)
    if not is_number or not _LEAST_SCALE <= scale <= _MOST_SCALE:
        allowed = f"a number from {_LEAST_SCALE} to {_MOST_SCALE}"
        raise OptionsInvalid(f"scale is {scale!r:.80}; it is {allowed}", option="scale")
    if scale != 1 and form in ("svg", "svgz"):
        raise OptionsInvalid(f"scale is {scale!r}; {form} has none, since it is shown at any size", option="scale")
