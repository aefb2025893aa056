"""What a predictor knows before it learns anything: how methods, the baseline and its trial hang together.

The baseline was tried, and mostly reaches what it reached there. A method does better than it, or its result is the
baseline's. So models learn how far the baseline is from its trial, how far a method's own drawing would be from it, and
how likely it is that there will be none; the answer is put together from these.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from svgai.ml.features import NAMES
from svgai.ml.metadata import FORETOLD, TRACING
from svgai.options import BASELINE
from svgai.training.finishing import LEAST_LACK, LOG_SECONDS
from svgai.training.learned import Learned
from svgai.training.tables import Matrix

FALLS: Final = len(FORETOLD)
"""The place of a part that is not told: how likely the result is the baseline's, as a logit."""
PARTS: Final = FALLS + 1
METHODS: Final = len(TRACING)
BASE: Final = TRACING.index(BASELINE)

_TRIED: Final = NAMES.index("tried_lost")
_SLOPE: Final = math.log(2)
_START: Final = math.log(LEAST_LACK)
"""The feature is the logarithm (base 2) of one plus the thousandths that were lost, and a predictor's least lack is a
thousandth, so that the feature becomes what predictors learn by a factor and a constant."""
_CERTAIN: Final = 50.0
"""A logit beside which what a model says is nothing."""


def tried(features: Matrix) -> Matrix:
    """The lack of likeness that was found when the picture was tried, on the scale that predictors learn: n x 1."""
    found: Matrix = (features[:, _TRIED, None] * _SLOPE + _START).astype(np.float32)
    return found


def plane() -> tuple[Matrix, Matrix]:
    """What the parts begin at, as a matrix, features x (methods x parts), and what is added to the product.

    All that speaks of likeness begins at what was tried; that the baseline's result is the baseline's is certain.
    """
    matrix, constant = np.zeros((len(NAMES), METHODS, PARTS), np.float32), np.zeros((METHODS, PARTS), np.float32)
    matrix[_TRIED, :, :LOG_SECONDS], constant[:, :LOG_SECONDS] = _SLOPE, _START
    constant[BASE, FALLS] = _CERTAIN
    return matrix.reshape(len(NAMES), -1), constant.ravel()


@dataclass(frozen=True, eq=False)
class Outcomes:
    """A model of the parts, and what follows from them."""

    inner: Learned
    scale: Matrix = field(default_factory=lambda: np.ones(METHODS * len(FORETOLD), np.float32))
    shift: Matrix = field(default_factory=lambda: np.zeros(METHODS * len(FORETOLD), np.float32))

    @property
    def columns(self) -> int:
        return METHODS * len(FORETOLD)

    def outputs(self, features: Matrix) -> Matrix:
        matrix, constant = plane()
        parts = (self.inner.outputs(features) + features @ matrix + constant).reshape(-1, METHODS, PARTS)
        base = parts[:, BASE : BASE + 1, 0]
        own = np.minimum(parts[..., 0], base)
        falls = 1 / (1 + np.exp(-parts[..., FALLS]))
        found = np.concatenate([(own + falls * (base - own))[..., None], parts[..., 1:FALLS]], axis=2)
        moved: Matrix = (found.reshape(len(features), -1) * self.scale + self.shift).astype(np.float32)
        return moved

    def shifted(self, scale: Matrix, shift: Matrix) -> Outcomes:
        return replace(self, scale=self.scale * scale, shift=self.shift * scale + shift)

    def nodes(self, taken: str, given: str) -> tuple[list[Any], list[Any]]:
        from onnx import helper, numpy_helper

        make = helper.make_node
        own_nodes, own_tensors = self.inner.nodes(taken, "learned")
        matrix, constant = plane()
        nodes = [
            *own_nodes,
            make("Gemm", [taken, "matrix", "constant"], ["begun"]),
            make("Add", ["begun", "learned"], ["together"]),
            make("Reshape", ["together", "by_method"], ["parts"]),
            make("Split", ["parts", "sizes"], ["drawn", "others", "logits"], axis=2),
            make("Gather", ["drawn", "base_place"], ["base"], axis=1),
            make("Min", ["drawn", "base"], ["own"]),
            make("Sigmoid", ["logits"], ["falls"]),
            make("Sub", ["base", "own"], ["apart"]),
            make("Mul", ["falls", "apart"], ["fallen"]),
            make("Add", ["own", "fallen"], ["reached"]),
            make("Concat", ["reached", "others"], ["whole"], axis=2),
            make("Reshape", ["whole", "in_a_row"], ["row"]),
            make("Mul", ["row", "scale"], ["weighed"]),
            make("Add", ["weighed", "shift"], [given]),
        ]
        tensors = {
            "matrix": matrix,
            "constant": constant,
            "by_method": np.array([-1, METHODS, PARTS]),
            "sizes": np.array([1, FALLS - 1, 1]),
            "base_place": np.array([BASE]),
            "in_a_row": np.array([-1, self.columns]),
            "scale": self.scale,
            "shift": self.shift,
        }
        return nodes, [*own_tensors, *(numpy_helper.from_array(each, name) for name, each in tensors.items())]

    def module(self) -> Any:
        from svgai.training.modules import PutTogether

        return PutTogether(self)
