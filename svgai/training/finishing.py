"""What is done with a model's outputs before they are answers: the same in numpy, in ONNX and in torch.

A classifier's become shares, a router's chances. A predictor speaks of the lack of likeness on a scale of logarithms,
since a result of 0.999 is as far from 0.99 as that is from 0.9; its answers are qualities.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from svgai.ml.metadata import FORETOLD, TRACING, Role
from svgai.training.tables import Matrix

LEAST_LACK = 0.001
"""Added to the lack of likeness, of which there may be none, before its logarithm is taken."""
MOST_LOG = 1.0
"""Where an output stops to count, so that none is infinite."""
_PER_METHOD = len(FORETOLD)
QUALITY, LOW, HIGH, LOG_SECONDS = range(_PER_METHOD)
IS_LACK: Matrix = np.tile(np.array([1, 1, 1, 0], np.float32), len(TRACING))
"""Which outputs of a predictor speak of likeness; the others are answers as they are."""


def as_lack(quality: Matrix) -> Matrix:
    """Quality on the scale that predictors learn it on: the less, the better."""
    lack: Matrix = np.log(np.maximum(1 - quality, 0) + LEAST_LACK).astype(np.float32)
    return lack


def as_quality(lack: Matrix) -> Matrix:
    quality: Matrix = (1 + LEAST_LACK - np.exp(np.minimum(lack, MOST_LOG))).astype(np.float32)
    return quality


def shares_of(outputs: Matrix) -> Matrix:
    """Outputs as shares that add up to one (softmax)."""
    raised = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    shares: Matrix = (raised / raised.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


def predictions_of(outputs: Matrix) -> Matrix:
    predictions: Matrix = np.where(IS_LACK > 0, as_quality(outputs), outputs)
    return predictions


def chances_of(outputs: Matrix) -> Matrix:
    """Outputs as chances, each by itself (logistic)."""
    chances: Matrix = (1 / (1 + np.exp(-outputs))).astype(np.float32)
    return chances


FINISH: Mapping[Role, Callable[[Matrix], Matrix]] = {
    Role.CLASSIFIER: shares_of,
    Role.PREDICTOR: predictions_of,
    Role.ROUTER: chances_of,
}


def finishing_nodes(role: Role, taken: str, given: str) -> tuple[list[Any], list[Any]]:
    """ONNX nodes from outputs to answers, and the tensors they need."""
    from onnx import helper, numpy_helper

    if role is Role.CLASSIFIER:
        return [helper.make_node("Softmax", [taken], [given], axis=1)], []
    if role is Role.ROUTER:
        return [helper.make_node("Sigmoid", [taken], [given])], []
    nodes = [
        helper.make_node("Min", [taken, "most_log"], ["bounded"]),
        helper.make_node("Exp", ["bounded"], ["lack"]),
        helper.make_node("Sub", ["perfect", "lack"], ["quality"]),
        helper.make_node("Where", ["is_lack", "quality", taken], [given]),
    ]
    tensors = {"most_log": np.float32(MOST_LOG), "perfect": np.float32(1 + LEAST_LACK), "is_lack": IS_LACK > 0}
    return nodes, [numpy_helper.from_array(np.asarray(each), name) for name, each in tensors.items()]
