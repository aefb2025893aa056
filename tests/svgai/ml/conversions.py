"""Conversions that were never made: pictures as a program might measure them, with what methods would have made."""

from __future__ import annotations

from typing import Any

import numpy as np

from svgai.ml.correction import LOG_SECONDS, as_lack, as_quality
from svgai.ml.features import NAMES
from svgai.ml.metadata import FORETOLD, TRACING
from svgai.ml.relearning import Lessons
from svgai.ml.usual import USUAL


def pictures(count: int, seed: int = 1) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Features around the usual ones."""
    chance = np.random.default_rng(seed)
    usual = np.array([USUAL[name].value for name in NAMES])
    most = np.array([USUAL[name].most for name in NAMES])
    return np.minimum(usual * chance.uniform(0.5, 1.5, (count, len(NAMES))), most).astype(np.float32)


def came_of(
    outputs: np.ndarray[Any, Any],
    features: np.ndarray[Any, Any],
    *,
    shift: float = 0.0,
    slope: float = 1.0,
    slower: float = 1.0,
    noise: float = 0.05,
    seed: int = 2,
) -> Lessons:
    """Conversions that came out as a predictor said, but for what is wrong with it."""
    chance = np.random.default_rng(seed)
    told = outputs.reshape(len(outputs), len(TRACING), len(FORETOLD)).astype(np.float64)
    lack = shift + slope * as_lack(told[..., 0]) + chance.normal(0, noise, told.shape[:2])
    seconds = np.exp(told[..., LOG_SECONDS] + np.log(slower) + chance.normal(0, 0.1, told.shape[:2]))
    return Lessons(features, np.minimum(as_quality(lack), 1.0), seconds, ["simple", "text"] * (len(features) // 2))
