"""The figures that models are judged by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from svgai.ml.metadata import FORETOLD
from svgai.ml.types import INTERVAL
from svgai.training.tables import UNKNOWN, Matrix, Table

Figures: TypeAlias = Mapping[str, float]

RIGHT = 0.002
"""A choice is right whose objective is at most so much below that of the best method."""


def judge_types(shares: Matrix, table: Table) -> Figures:
    """How often the type is right, and how well the confidence says so."""
    known = table.types != UNKNOWN
    types, given = table.types[known], shares[known]
    told = given.argmax(axis=1)
    is_right = told == types
    return {
        "accuracy": float(is_right.mean()),
        "worst_type": min(float(is_right[types == each].mean()) for each in np.unique(types)),
        "confidence_error": calibration_error(given.max(axis=1), is_right),
    }


def calibration_error(confidence: Matrix, is_right: NDArray[np.bool_], bins: int = 10) -> float:
    """How far confidence and truth are apart, on average over pictures of like confidence (ECE)."""
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    total = sum(
        abs(float(confidence[places == each].sum()) - float(is_right[places == each].sum())) for each in range(bins)
    )
    return float(total / len(confidence))


def judge_predictions(outputs: Matrix, table: Table) -> Figures:
    """How near the foretold quality is to the measured one, and the time, over pictures with all methods measured."""
    quality, low, high, log_seconds = foretold(outputs)
    known = np.broadcast_to(table.is_measured[:, None], table.quality.shape)
    truth, told = table.quality[known], quality[known]
    error = np.abs(told - truth)
    inside = (truth >= np.minimum(low, quality)[known]) & (truth <= np.maximum(high, quality)[known])
    off = np.abs(log_seconds[known] - np.log(np.maximum(table.seconds[known], 1e-4)))
    return {
        "correlation": float(np.corrcoef(told, truth)[0, 1]),
        "mean_error": float(error.mean()),
        "median_error": float(np.median(error)),
        "max_error": float(error.max()),
        "coverage": float(inside.mean()),
        "coverage_error": abs(float(inside.mean()) - INTERVAL),
        "width": float((high - low)[known].mean()),
        "time_factor": float(np.exp(np.median(off))),
    }


def foretold(outputs: Matrix) -> tuple[Matrix, Matrix, Matrix, Matrix]:
    """Quality, low, high (within what SSIM can be) and log seconds; n x methods each."""
    each = outputs.reshape(len(outputs), -1, len(FORETOLD))
    quality, low, high = (np.clip(each[..., place], -1, 1) for place in range(3))
    return quality, low, high, each[..., 3]


def judge_choices(scores: Matrix, table: Table) -> Figures:
    """How good it is to take the method with the highest score."""
    return judge_chosen(scores.argmax(axis=1), table)


def judge_chosen(chosen: NDArray[Any], table: Table) -> Figures:
    regret = regrets(table)[np.arange(len(table)), chosen]
    return {"right": float((regret <= RIGHT).mean()), "regret": float(regret.mean()), "worst": float(regret.max())}


def regrets(table: Table) -> Matrix:
    """How far each method's objective is below that of the best one; n x methods, of pictures with all measured."""
    value = table.worth
    lost: Matrix = value.max(axis=1, keepdims=True) - value
    return lost
