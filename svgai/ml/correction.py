"""What a predictor's outputs are put right by, method for method: four numbers each, learned from what came of it.

Likeness is put right on the scale on which predictors learn it, the logarithm of what is lacking: a straight line
through foretold and measured. Intervals become wider or narrower on the same scale, and seconds longer or shorter by a
factor, since no two machines are equally quick.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from svgai.ml.errors import ModelsRefused
from svgai.ml.metadata import FORETOLD, TRACING

Numbers: TypeAlias = NDArray[np.float32]

LEAST_LACK: Final = 0.001
"""Added to what is lacking, which may be nothing, before its logarithm is taken."""
MOST_LOG: Final = 1.0
QUALITY, LOW, HIGH, LOG_SECONDS = range(len(FORETOLD))


@dataclass(frozen=True)
class Line:
    """How one method's outputs are put right."""

    slope: float = 1.0
    shift: float = 0.0
    """Of the logarithm of the lack."""
    wider: float = 0.0
    """What is added to the upper and taken from the lower end of the interval, on that scale."""
    later: float = 0.0
    """What is added to the logarithm of the seconds."""

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            least, most = BOUNDS[name]
            if not least <= value <= most:
                raise ModelsRefused(f"a correction's {name} is {value!r:.40}; it is from {least:g} to {most:g}")


BOUNDS: Final[Mapping[str, tuple[float, float]]] = {
    "slope": (0.2, 5.0),
    "shift": (-6.0, 6.0),
    "wider": (-6.0, 6.0),
    "later": (-5.0, 5.0),
}
"""What is beyond is no correction, but other models."""


@dataclass(frozen=True)
class Correction:
    """How all outputs are put right; a method that is not named is left as it is."""

    lines: Mapping[str, Line]

    @classmethod
    def read(cls, facts: Mapping[str, Mapping[str, float]] | None) -> Self | None:
        """The correction that metadata tells of; None where it tells of none."""
        if not facts:
            return None
        try:
            lines = {name: Line(**{key: float(value) for key, value in each.items()}) for name, each in facts.items()}
        except (TypeError, ValueError, AttributeError) as error:
            raise ModelsRefused(f"a correction is broken: {error!s:.200}") from error
        strange = sorted(lines.keys() - set(TRACING))
        if strange:
            raise ModelsRefused(f"a correction names the method {strange[0]!r:.40}, which there is not")
        return cls(lines)

    def facts(self) -> dict[str, dict[str, float]]:
        return {
            name: {key: round(value, 6) for key, value in asdict(line).items()} for name, line in self.lines.items()
        }

    def apply(self, outputs: Numbers) -> Numbers:
        """The outputs, put right: n x columns, as a predictor gives them."""
        each = outputs.reshape(len(outputs), len(TRACING), len(FORETOLD)).astype(np.float64)
        for name, line in self.lines.items():
            method = each[:, TRACING.index(name)]
            for place, wider in ((QUALITY, 0.0), (LOW, line.wider), (HIGH, -line.wider)):
                method[:, place] = as_quality(line.shift + line.slope * as_lack(method[:, place]) + wider)
            method[:, LOG_SECONDS] += line.later
        return each.reshape(outputs.shape).astype(np.float32)


def as_lack(quality: Any) -> Any:
    """Likeness as the logarithm of what is lacking: the less, the better."""
    return np.log(np.maximum(1 - quality, 0) + LEAST_LACK)


def as_quality(lack: Any) -> Any:
    return 1 + LEAST_LACK - np.exp(np.minimum(lack, MOST_LOG))
