"""Which method to take: what the models say or, where there are none that may be asked, the rules."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any, Final, Literal

import numpy as np

from svgai.ml import objective, rules
from svgai.ml.errors import ModelFailed
from svgai.ml.features import Features
from svgai.ml.metadata import TRACING, Role
from svgai.ml.store import PRODUCTION, Models, Store
from svgai.ml.types import TARGETS, TYPES, ImageType, Prediction
from svgai.options import BASELINE


@dataclass(frozen=True)
class Wishes:
    """What is asked of a conversion, and the circumstances it is done in."""

    target: float = 0.0
    """The SSIM to be reached; 0 leaves it to the type of the picture."""
    budget: float = math.inf
    """Seconds that it may take."""
    load: float = 0.0
    """How much dearer a second is than usual, 0 on a system at rest: a busy one takes the quicker way."""
    reliability: Mapping[str, float] = field(default_factory=dict)
    """The share of conversions by a method that succeed, where it is not all of them."""


AT_EASE: Final = Wishes()
PLENTY: Final = 0.9875
"""SSIM foretold of a method, beyond which a dearer one is not worth its time."""


@dataclass(frozen=True)
class Advice:
    """What a picture is, what each method will make of it, and in which order to try them."""

    image_type: ImageType
    confidence: float
    """How likely the type is right."""
    predictions: Mapping[str, Prediction]
    ranking: tuple[str, ...]
    """All methods, the best choice first; the others are what to fall back on."""
    target: float
    """The SSIM to be reached."""
    source: Literal["model", "rules"]
    """`model` where models alone answered."""
    reasons: tuple[str, ...] = ()
    """Why it was not the models, and what weighed in the choice."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Of the models that answered, by role."""

    @property
    def method(self) -> str:
        return self.ranking[0]

    def facts(self) -> dict[str, Any]:
        """All of it as plain data."""
        predictions = {
            method: {name: round(value, 5) for name, value in asdict(foretold).items()}
            for method, foretold in self.predictions.items()
        }
        return {
            "image_type": str(self.image_type),
            "confidence": round(self.confidence, 4),
            "predictions": predictions,
            "ranking": list(self.ranking),
            "quality_target": self.target,
            "advised_by": self.source,
            "reasons": list(self.reasons),
            "models": dict(self.versions),
        }


class Adviser:
    """Advises from the models of a store, and by rules where that cannot be."""

    def __init__(self, store: Store | None, why_not: str = "models are switched off") -> None:
        self._store, self._why_not = store, why_not

    def advise(self, features: Features, wishes: Wishes = AT_EASE) -> Advice:
        """The advice for a picture with these features; the same for the same, as long as the models are."""
        answers = _Answers(self._store.models if self._store else None, features)
        if answers.models is None:
            answers.reasons.append((self._store.reason if self._store else self._why_not) or "there are no models")
        image_type, confidence = answers.classify()
        predictions = answers.predict()
        target = wishes.target or TARGETS[image_type]
        return Advice(
            image_type=image_type,
            confidence=confidence,
            predictions=MappingProxyType(predictions),
            ranking=answers.rank(predictions, target, wishes),
            target=target,
            source="rules" if answers.reasons else "model",
            reasons=tuple(answers.reasons),
            versions=MappingProxyType(answers.versions),
        )


class _Answers:
    """The answers to one picture, each by its model or else by the rules, and why it was not the model."""

    def __init__(self, models: Models | None, features: Features) -> None:
        self.models, self.features = models, features
        self.reasons: list[str] = []
        self.versions: dict[str, str] = {}

    def classify(self) -> tuple[ImageType, float]:
        shares = self._ask(Role.CLASSIFIER)
        if shares is None:
            return rules.classify(self.features)
        place = int(shares.argmax())
        return TYPES[place], float(np.clip(shares[place], 0.0, 1.0))

    def predict(self) -> dict[str, Prediction]:
        told = self._ask(Role.PREDICTOR)
        if told is None:
            return rules.predict(self.features)
        return {method: _prediction(*four) for method, four in zip(TRACING, told.reshape(-1, 4), strict=True)}

    def rank(self, predictions: Mapping[str, Prediction], target: float, wishes: Wishes) -> tuple[str, ...]:
        expected = {method: _expected(foretold, wishes, method) for method, foretold in predictions.items()}
        dear = objective.SECOND * (1 + wishes.load)
        by_objective = objective.rank(expected, target, wishes.budget, dear)
        # A router has learned the choice of who is at ease; it knows nothing of targets, budgets and load.
        chances = self._ask(Role.ROUTER, may_be_missing=True) if wishes == AT_EASE else None
        if chances is None:
            return by_objective
        return _thrifty(_by_chance(dict(zip(TRACING, chances.tolist(), strict=True))), predictions)

    def _ask(self, role: Role, *, may_be_missing: bool = False) -> np.ndarray[Any, np.dtype[np.float32]] | None:
        """The outputs of a role's model for this picture; None where the rules must answer."""
        if self.models is None:
            return None
        model = self.models.by_role.get(role)
        if model is None:
            if not may_be_missing:
                self.reasons.append(f"there is no {role}")
            return None
        try:
            (outputs,) = model.answer(self.features.values[None])
        except ModelFailed as failed:
            self.reasons.append(failed.detail)
            return None
        self.versions[str(role)] = model.entry.version
        row: np.ndarray[Any, np.dtype[np.float32]] = outputs
        return row


def _by_chance(chances: Mapping[str, float]) -> tuple[str, ...]:
    """By the chance to be right; the baseline is the last to begin with.

    All others are compared with it and never worse, and there is hardly time to gain.
    """
    return tuple(sorted(chances, key=lambda method: (method == BASELINE, -chances[method])))


def _thrifty(ranking: tuple[str, ...], predictions: Mapping[str, Prediction]) -> tuple[str, ...]:
    """The dearest method behind the next one, where that one leaves it nothing to gain."""
    first, second, *others = ranking
    is_dearest = all(predictions[first].seconds > predictions[other].seconds for other in (second, *others))
    return (second, first, *others) if is_dearest and predictions[second].quality >= PLENTY else ranking


def _prediction(quality: float, low: float, high: float, log_seconds: float) -> Prediction:
    quality = _ssim(quality)
    return Prediction(
        quality=quality,
        low=min(_ssim(low), quality),
        high=max(_ssim(high), quality),
        seconds=math.exp(min(max(float(log_seconds), -10.0), 10.0)),
    )


def _ssim(value: float) -> float:
    return min(max(float(value), -1.0), 1.0)


def _expected(foretold: Prediction, wishes: Wishes, method: str) -> Prediction:
    """What to expect of a method that does not always succeed: nothing, for the share of times that it does not."""
    share = wishes.reliability.get(method, 1.0)
    return Prediction(foretold.quality * share, foretold.low, foretold.high, foretold.seconds)


@cache
def usual_adviser() -> Adviser:
    """Advises from the models of the checkout, which are loaded when it is first asked."""
    return Adviser(Store(PRODUCTION))
