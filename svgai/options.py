"""What a user may ask of a conversion, and what an operator allows.

The fields of `Options` are the one list of all options: the command line, the API and the page
are made from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any

from svgai.errors import OptionsInvalid

METHODS = {
    "auto": "the best method for the picture",
    "baseline": "vtracer with its default settings; quick, any picture",
}
"""The names that `Options.method` may have, and what each means."""


def option(default: Any, description: str, **bounds: Any) -> Any:
    """A field that a user may set, with its description and `choices`, or `least` and `most`."""
    return field(default=default, metadata={"description": description, **bounds})


@dataclass(frozen=True)
class Options:
    """What a user may ask. The defaults are right for most pictures."""

    method: str = option("auto", "How to trace; auto picks the best method for the picture.", choices=tuple(METHODS))
    precision: int = option(2, "Decimals of a coordinate.", least=0, most=4)

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
