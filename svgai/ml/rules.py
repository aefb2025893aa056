"""Advice without models: rules of thumb, each a handful of features weighed and added up.

The weights were read off drawings made by `svgai train data` (least squares and logistic regression over the features
that said most, rounded). They are for whoever has no models, not for those who want the best advice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from svgai.ml.features import Features
from svgai.ml.types import TYPES, ImageType, Prediction

Weights: TypeAlias = Mapping[str, float]
"""What a unit of each feature adds; `start` is where it begins."""

_START: Final = "start"
_MOST: Final = MappingProxyType({"elongation": 3.0})
"""Features that count up to so much only."""

_EVIDENCE: Final[Mapping[ImageType, Weights]] = MappingProxyType(
    {
        ImageType.SIMPLE: {_START: 0.0},
        ImageType.TEXT: {
            _START: -4.78,
            "steep": 1.9,
            "elongation": 3.0,
            "far_texture": 2.5,
            "plain_border": 2.6,
            "inks": -0.74,
            "letters": 2.9,
            "sixteen_colours": 0.19,
            "edge_density": 0.45,
            "components": 0.0063,
            "spacing": -0.91,
            "crossings": 2.5,
            "letter_area": -8.4,
        },
        ImageType.GRADIENT: {
            _START: 4.24,
            "steep": 2.8,
            "elongation": -0.054,
            "far_texture": -3.8,
            "plain_border": 3.1,
            "inks": 0.86,
            "letters": 0.9,
            "sixteen_colours": -9.2,
            "edge_density": -6.6,
            "components": -0.52,
            "spacing": 0.06,
            "crossings": -0.23,
            "letter_area": -1.9,
        },
        ImageType.COMPLEX: {
            _START: -1.84,
            "steep": 3.4,
            "elongation": 0.9,
            "far_texture": 4.9,
            "plain_border": -3.6,
            "inks": 0.62,
            "letters": -0.32,
            "sixteen_colours": -3.6,
            "edge_density": -7.6,
            "components": 0.43,
            "spacing": -0.15,
            "crossings": 0.026,
            "letter_area": 1.7,
        },
    }
)
"""What speaks for each type, against a simple drawing; the exponentials are to each other as the likelihoods."""

_FLAT: Final[Weights] = MappingProxyType(
    {
        _START: 1.154,
        "colour_entropy": -0.147,
        "thin": 1.98,
        "faint_steps": -3.87,
        "blended": 2.36,
        "other_entropy": -0.455,
        "alike_heights": 0.677,
    }
)
"""What speaks for a drawing in flat colours being found, as the logarithm of the odds."""

_LITTLE: Final = 0.002
"""Added to an error (1 - SSIM) before its logarithm is taken, so that none is not infinitely little."""

_BASELINE_ERROR: Final[Weights] = MappingProxyType(
    {
        _START: -0.969,
        "flat_blocks": -1.26,
        "grid": -2.03,
        "thin": 0.995,
        "wide": 0.682,
        "least_side": -0.218,
        "inks": 0.148,
    }
)
"""The logarithm of the baseline's error."""

_DRAWN_ERROR: Final[Weights] = MappingProxyType(
    {
        _START: -5.1,
        "ripple": 0.641,
        "other_entropy": 0.279,
        "edges": -0.0783,
        "flat_blocks": -1.61,
        "plain_border": 1.19,
        "slopes": 2.19,
    }
)
"""The logarithm of the error that is left where a drawing was found and refined."""

_RANGE: Final = (0.25, 4.0)
"""Nine of ten errors lie between these times the one that is foretold."""


@dataclass(frozen=True)
class Habit:
    """What is known of a method."""

    error: float | None
    """What it leaves of the error where a drawing is found, against `_DRAWN_ERROR`; None if it looks for none."""
    seconds: Weights
    """The logarithm of the seconds of a whole conversion."""


_HABITS: Final[Mapping[str, Habit]] = MappingProxyType(
    {
        "fast": Habit(
            1.3,
            {
                _START: -8.86,
                "colours": 0.18,
                "components": 0.167,
                "least_side": 0.562,
                "small_steps": 3.3,
                "strong_steps": 7.17,
            },
        ),
        "optimised": Habit(
            1.0,
            {
                _START: -5.892,
                "components": 0.255,
                "colours": 0.103,
                "ramp_blocks": -1.4,
                "pixels": 0.177,
                "small_steps": 2.24,
            },
        ),
        "refined": Habit(
            0.95,
            {
                _START: -4.989,
                "components": 0.427,
                "flat_blocks": 2.2,
                "ripple": 0.758,
                "blended": 1.0,
                "crossings": 0.309,
            },
        ),
        "baseline": Habit(
            None,
            {
                _START: -11.624,
                "pixels": 0.428,
                "small_steps": 2.31,
                "edge_density": 1.15,
                "colour_entropy": 0.104,
                "components": 0.113,
            },
        ),
    }
)
"""A row for every method of `svgai.options.METHODS` but `auto`."""

_LONGEST: Final = 300.0
_SHORTEST: Final = 0.001
"""Bounds of seconds that can be foretold."""


def classify(features: Features) -> tuple[ImageType, float]:
    """The likeliest type, and how likely it is."""
    evidence = [_weigh(_EVIDENCE[each], features) for each in TYPES]
    most = max(evidence)
    likelihoods = [math.exp(each - most) for each in evidence]
    return TYPES[evidence.index(most)], 1 / sum(likelihoods)


def predict(features: Features) -> dict[str, Prediction]:
    """What each method will reach and cost."""
    odds = _weigh(_FLAT, features)
    is_flat = 1 / (1 + math.exp(-min(max(odds, -30.0), 30.0)))
    baseline, drawn = _error(_BASELINE_ERROR, features), _error(_DRAWN_ERROR, features)
    return {method: _foretell(habit, features, is_flat, baseline, drawn) for method, habit in _HABITS.items()}


def _foretell(habit: Habit, features: Features, is_flat: float, baseline: float, drawn: float) -> Prediction:
    """A method of ours takes the baseline's place as often as it finds a drawing, where that is better."""
    gain = 0.0 if habit.error is None else is_flat * max(0.0, baseline - habit.error * drawn)
    error = baseline - gain
    low, high = _RANGE
    # What is foretold is a mean: it may be that a drawing is found, or that none is.
    least = low * (error if habit.error is None else min(error, habit.error * drawn))
    most = high * error
    seconds = math.exp(min(max(_weigh(habit.seconds, features), math.log(_SHORTEST)), math.log(_LONGEST)))
    return Prediction(1 - error, max(0.0, 1 - most), 1 - least, seconds)


def _weigh(weights: Weights, features: Features) -> float:
    total = weights[_START]
    for name, weight in weights.items():
        if name != _START:
            total += weight * min(features[name], _MOST.get(name, math.inf))
    return total


def _error(weights: Weights, features: Features) -> float:
    return min(max(math.exp(min(_weigh(weights, features), 1.0)) - _LITTLE, 0.0), 1.0)
