"""What a user may ask of a conversion, and what an operator allows.

The fields of `Options` are the one list of all options: the command line, the API and the page
are made from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, Final

from svgai.errors import OptionsInvalid

BASELINE: Final = "baseline"
"""The method that all others are compared with."""

METHODS = {
    "auto": "picks the method that suits the picture, and tries others where it misses the quality target",
    "fast": "curves fitted to the edges of flat colours; the quickest of ours",
    "optimised": "curves fitted, then moved until the drawing's pixels are the picture's",
    "refined": "searches for the simplest drawing that shows the picture; slow",
    BASELINE: "vtracer with its default settings; any picture",
}
"""The names that `Options.method` may have, and what each means."""


def option(default: Any, description: str, **bounds: Any) -> Any:
    """A field that a user may set, with its description and `choices`, or `least` and `most`.

    One that is True or False needs no bounds, and is False unless asked for: so a bare flag or a ticked box can ask.
    """
    return field(default=default, metadata={"description": description, **bounds})


@dataclass(frozen=True)
class Options:
    """What a user may ask. The defaults are right for most pictures."""

    method: str = option("auto", "How to trace. No method is ever worse than baseline.", choices=tuple(METHODS))
    max_colors: int = option(64, "At most so many inks: colours, each with its opacity.", least=2, most=256)
    precision: int = option(2, "Decimals of a coordinate.", least=0, most=4)
    quality_target: int = option(
        0,
        "Likeness (SSIM) to reach, in per cent; auto tries other methods where it is missed. 0 takes what suits the "
        "picture: 95 for simple drawings, 90 for text, 85 for gradients, 75 for all else.",
        least=0,
        most=100,
    )
    time_budget: int = option(
        0, "Seconds that a conversion may take, by which auto picks methods. 0 sets no bound.", least=0, most=3_600
    )
    cutout: bool = option(False, "Shapes that do not overlap, for cutters and plotters.")

    def __post_init__(self) -> None:
        for each in fields(self):
            _check(each, getattr(self, each.name))

    @classmethod
    def named(cls, asked: Mapping[str, Any]) -> Options:
        """The options of these names, where a name that does not exist is an error like any other."""
        known = [field.name for field in fields(cls)]
        for name in asked:
            if name not in known:
                raise OptionsInvalid(f"there is no option {name!r}; there are {', '.join(known)}", option=str(name))
        return cls(**asked)


def _check(asked: Field[Any], value: Any) -> None:
    bounds = asked.metadata
    if "choices" in bounds:
        fits, allowed = isinstance(value, str) and value in bounds["choices"], f"one of {', '.join(bounds['choices'])}"
    elif isinstance(asked.default, bool):
        fits, allowed = isinstance(value, bool), "true or false"
    else:
        least, most = bounds["least"], bounds["most"]
        fits = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        allowed = f"a whole number from {least} to {most}"
    if not fits:
        raise OptionsInvalid(f"{asked.name} is {value!r:.80}; it is {allowed}", option=asked.name)


@dataclass(frozen=True)
class Limits:
    """What an operator allows. All are checked before a picture is decoded, but for the last."""

    max_bytes: int = 30 * 1024 * 1024
    max_pixels: int = 33_554_432
    max_frames: int = 1_000
    max_svg_bytes: int = 15_000_000
