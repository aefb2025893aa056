"""The use cases of whoever wants to know before anything is traced: which method, how good, how long."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.errors import FeaturesInvalid, FeaturesTooFew
from app.services import Services
from svgai import Options
from svgai.ml.usual import USUAL

LEAST_FOR_ROUTING = 15
LEAST_FOR_QUALITY = 10
"""Fewer features are no picture."""


@dataclass(frozen=True)
class Advised:
    """Advice as plain data (`svgai.ml.advice.Advice.facts`), and the features it was guessed from."""

    advice: Mapping[str, Any]
    assumed: Mapping[str, float]

    def route(self) -> dict[str, Any]:
        """Which method to take."""
        return {**self.advice, "method": self.advice["ranking"][0], "assumed": self.assumed}

    def quality(self, method: str) -> dict[str, Any]:
        """What a method will make of it; `auto` is the one that is advised."""
        chosen = self.advice["ranking"][0] if method == "auto" else method
        return {**self.advice, **self.advice["predictions"][chosen], "method": chosen, "assumed": self.assumed}


def advise(services: Services, given: Mapping[str, float], options: Options, at_least: int) -> Advised:
    """What is advised for a picture of which these features are known."""
    _refuse_strange(given)
    if len(given) < at_least:
        detail = f"There are {len(given)} features; it takes {at_least}. /api/v1/predict/features has their names."
        raise FeaturesTooFew(detail, option="features", limit=at_least, actual=len(given))
    assumed = {name: usual.value for name, usual in USUAL.items() if name not in given}
    advice = services.inference.advise({**assumed, **given}, options, services.weather.now())
    services.metrics.count_advice(advice)
    return Advised(advice, assumed)


def _refuse_strange(given: Mapping[str, float]) -> None:
    for name, value in given.items():
        usual = USUAL.get(name)
        if usual is None:
            raise FeaturesInvalid(f"There is no feature {name!r:.80}.", option="features")
        if not math.isfinite(value) or not 0 <= value <= usual.most:
            detail = f"The feature {name} is {value!r:.40}; it is a number from 0 to {usual.most:g}."
            raise FeaturesInvalid(detail, option=f"features/{name}", limit=usual.most)
