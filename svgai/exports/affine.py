"""Affine maps of the plane, and the `transform` attribute of SVG; a point is a complex number, x + y i."""

from __future__ import annotations

import cmath
import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from svgai.errors import ExportUnsupported

_CALL = re.compile(r"(\w+)\(([^)]*)\)")


@dataclass(frozen=True)
class Affine:
    """Takes z to turn * z + mirror * conjugate(z) + shift, as every affine map of the plane does."""

    turn: complex = 1
    mirror: complex = 0
    shift: complex = 0

    def __call__(self, point: complex) -> complex:
        return self.turn * point + self.mirror * point.conjugate() + self.shift

    def __matmul__(self, first: Affine) -> Affine:
        """First the other, then this."""
        return Affine(
            self.turn * first.turn + self.mirror * first.mirror.conjugate(),
            self.turn * first.mirror + self.mirror * first.turn.conjugate(),
            self(first.shift),
        )

    @property
    def keeps_angles(self) -> bool:
        return min(abs(self.turn), abs(self.mirror)) <= 1e-9 * self.scale

    @property
    def scale(self) -> float:
        """How many times as long lines become, where all become so alike."""
        return max(abs(self.turn), abs(self.mirror))


def read_transform(text: str) -> Affine:
    """All maps that a `transform` attribute names, the last first."""
    whole = Affine()
    for name, values in _CALL.findall(text):
        try:
            whole = whole @ _MAPS[name](*map(float, re.split("[ ,]", values)))
        except TypeError as error:
            raise ExportUnsupported(f"The transform {name}({values:.80}) has too few or too many numbers.") from error
    return whole


def scaling(across: float, down: float | None = None) -> Affine:
    down = across if down is None else down
    return Affine((across + down) / 2, (across - down) / 2)


def rotation(degrees: float, x: float = 0, y: float = 0) -> Affine:
    """Clockwise as one sees it, around a point."""
    turn, centre = cmath.rect(1, math.radians(degrees)), complex(x, y)
    return Affine(turn, 0, centre - turn * centre)


def translation(x: float, y: float = 0) -> Affine:
    return Affine(shift=complex(x, y))


def _matrix(a: float, b: float, c: float, d: float, e: float, f: float) -> Affine:
    return Affine(complex(a + d, b - c) / 2, complex(a - d, b + c) / 2, complex(e, f))


def _skew_across(degrees: float) -> Affine:
    return _matrix(1, 0, math.tan(math.radians(degrees)), 1, 0, 0)


def _skew_down(degrees: float) -> Affine:
    return _matrix(1, math.tan(math.radians(degrees)), 0, 1, 0, 0)


_MAPS: dict[str, Callable[..., Affine]] = {
    "matrix": _matrix,
    "translate": translation,
    "scale": scaling,
    "rotate": rotation,
    "skewX": _skew_across,
    "skewY": _skew_down,
}
