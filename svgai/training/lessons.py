"""How each candidate learns each role: a function from data to a model, by name.

The rules are candidates too; they learn nothing, and a model that is no better than they are is not worth having.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from svgai.ml import rules
from svgai.ml.features import Features
from svgai.ml.metadata import TRACING
from svgai.ml.types import INTERVAL, TYPES
from svgai.training.blends import Blend
from svgai.training.finishing import HIGH, LEAST_LACK, LOG_SECONDS, LOW, MOST_LOG, QUALITY, as_lack
from svgai.training.forests import Forest, Growth, Lesson, grow_classes, grow_each
from svgai.training.judging import RIGHT, regrets
from svgai.training.learned import Learned
from svgai.training.networks import Networks, Practice, train_networks
from svgai.training.outcomes import BASE, FALLS, METHODS, PARTS, Outcomes, tried
from svgai.training.pixels import Glance, train_glance
from svgai.training.tables import UNKNOWN, Matrix, Table


@dataclass(frozen=True, eq=False)
class Ruled:
    """A candidate that has nothing to learn."""

    answer: Callable[[Features], list[float]]

    def outputs(self, features: Matrix) -> Matrix:
        return np.array([self.answer(Features(values)) for values in features], np.float32)


Answering: TypeAlias = Learned | Ruled | Glance
Teaching: TypeAlias = Callable[[Table, int], Answering]

FOREST, BOOSTED, NETWORK, RULES = "random forest", "boosted trees", "network on features", "rules"
BLEND, PIXELS = "network and boosted trees", "network on pixels"
NOT_SERVED = frozenset({RULES, PIXELS})
"""Candidates to compare the others with, which never become a model."""

_STEEP = 4.0
"""The slope of a logit at an even chance: what is told of means, it makes of the shares of a bagged forest."""
_BAGGED = Growth(trees=60, leaves=31, least=4, is_bagged=True)
_LEAST, _MOST = (1 - INTERVAL) / 2, (1 + INTERVAL) / 2


def _by_type(features: Features) -> list[float]:
    image_type, confidence = rules.classify(features)
    rest = (1 - confidence) / (len(TYPES) - 1)
    return [float(np.log(max(confidence if each is image_type else rest, 1e-6))) for each in TYPES]


def _by_rule(features: Features) -> list[float]:
    told = [rules.predict(features)[method] for method in TRACING]
    return [
        value
        for each in told
        for value in (*as_lack(np.array([each.quality, each.low, each.high], np.float32)), np.log(each.seconds))
    ]


def _typed(table: Table) -> Table:
    return table.only(table.types != UNKNOWN)


def _network_of_types(table: Table, seed: int) -> Networks:
    import torch

    types = torch.from_numpy(table.types)

    def loss(outputs: Any, places: NDArray[np.int64]) -> Any:
        truth = types[places].repeat(len(outputs))
        return torch.nn.functional.cross_entropy(outputs.flatten(0, 1), truth, label_smoothing=0.02)

    return train_networks(table.features, len(TYPES), loss, Practice(epochs=60, batch=128), seed)


def _trees_of_types(table: Table, growth: Growth, seed: int) -> Forest:
    return grow_classes(table.features, table.types, len(TYPES), growth, seed)


def _glance_of_types(table: Table, seed: int) -> Glance:
    if table.thumbnails is None:
        raise ValueError("there are no pictures to look at")
    return train_glance(table.thumbnails, table.types, len(TYPES), seed)


_BOOSTED_TYPES = Growth(trees=150)

CLASSIFIERS: Mapping[str, Teaching] = {
    RULES: lambda _, __: Ruled(_by_type),
    FOREST: lambda table, seed: _trees_of_types(_typed(table), _BAGGED, seed),
    BOOSTED: lambda table, seed: _trees_of_types(_typed(table), _BOOSTED_TYPES, seed),
    NETWORK: lambda table, seed: _network_of_types(_typed(table), seed),
    BLEND: lambda table, seed: Blend(
        [_network_of_types(_typed(table), seed), _trees_of_types(_typed(table), _BOOSTED_TYPES, seed)]
    ),
    PIXELS: lambda table, seed: _glance_of_types(_typed(table), seed),
}


def _trees_of_predictions(table: Table, growth: Growth, seed: int) -> Outcomes:
    lack = as_lack(table.quality) - tried(table.features)
    own, log_seconds = np.where(_is_own(table), lack, np.nan), _log_seconds(table)
    lessons = []
    for method in range(METHODS):
        falls = np.zeros(len(table), np.float32) if method == BASE else table.falls[:, method]
        lessons += [
            Lesson(own[:, method], {"objective": "l2"}),
            Lesson(lack[:, method], {"objective": "quantile", "alpha": _MOST}),  # a low quality is a high lack
            Lesson(lack[:, method], {"objective": "quantile", "alpha": _LEAST}),
            Lesson(log_seconds[:, method], {"objective": "l2"}),
            Lesson(falls, {"objective": "l2" if method == BASE else "cross_entropy"}),
        ]
    return Outcomes(grow_each(table.features, lessons, growth, seed))


def _is_own(table: Table) -> NDArray[np.bool_]:
    """Of which results the quality tells what the method itself draws; all that the baseline draws is its own."""
    is_own: NDArray[np.bool_] = table.falls == 0
    is_own[:, BASE] = np.isfinite(table.quality[:, BASE])
    return is_own


def _log_seconds(table: Table) -> Matrix:
    log: Matrix = np.log(np.maximum(table.seconds, 1e-4))
    return log


def _network_of_predictions(table: Table, seed: int) -> Outcomes:
    """Errors count on the scale that is learned, and once more as qualities, where large ones are large."""
    import torch

    known, is_own = torch.from_numpy(np.isfinite(table.quality)), torch.from_numpy(_is_own(table))
    quality, lack, log_seconds, falls = (
        torch.from_numpy(np.nan_to_num(each))
        for each in (table.quality, as_lack(table.quality), _log_seconds(table), table.falls)
    )
    begun = torch.from_numpy(tried(table.features))[..., None]
    may_fall = known & (torch.arange(METHODS) != BASE)

    def loss(outputs: Any, places: NDArray[np.int64]) -> Any:
        told = outputs.unflatten(2, (METHODS, PARTS))
        lacking = told[..., :LOG_SECONDS] + begun[places]
        off = quality[places] - (1 + LEAST_LACK - torch.exp(lacking[..., QUALITY].clamp(max=MOST_LOG)))
        near = 10 * torch.sqrt(off**2 + 1e-4) + (lack[places] - lacking[..., QUALITY]).abs()
        total = 0.5 * (log_seconds[places] - told[..., LOG_SECONDS]).abs()
        for place, part in ((LOW, _MOST), (HIGH, _LEAST)):
            beside = lack[places] - lacking[..., place]
            total = total + torch.maximum(part * beside, (part - 1) * beside)
        truth = falls[places].expand(len(outputs), -1, -1)
        fallen = torch.nn.functional.binary_cross_entropy_with_logits(told[..., FALLS], truth, reduction="none")
        return (near * is_own[places] + total * known[places] + fallen * may_fall[places]).sum(dim=-1).mean()

    practice = Practice(networks=8, epochs=120, batch=64, width=96)
    return Outcomes(train_networks(table.features, METHODS * PARTS, loss, practice, seed))


_BOOSTED_PREDICTIONS = Growth(trees=150, leaves=8)

PREDICTORS: Mapping[str, Teaching] = {
    RULES: lambda _, __: Ruled(_by_rule),
    FOREST: lambda table, seed: _trees_of_predictions(table, _BAGGED, seed),
    BOOSTED: lambda table, seed: _trees_of_predictions(table, _BOOSTED_PREDICTIONS, seed),
    NETWORK: _network_of_predictions,
    BLEND: lambda table, seed: Blend(
        [_network_of_predictions(table, seed), _trees_of_predictions(table, _BOOSTED_PREDICTIONS, seed)]
    ),
}


def _trees_of_choices(table: Table, growth: Growth, seed: int) -> Forest:
    """For each method the chance that it is right, as a logit; of a bagged forest as what is nearly one."""
    is_right = (regrets(table) <= RIGHT).astype(np.float32)
    if growth.is_bagged:
        lessons = [Lesson(_STEEP * (column - 0.5), {"objective": "l2"}) for column in is_right.T]
    else:
        lessons = [Lesson(column, {"objective": "cross_entropy"}) for column in is_right.T]
    return grow_each(table.features, lessons, growth, seed)


def _network_of_choices(table: Table, seed: int) -> Networks:
    """For each method the chance that it is right; what a wrong choice costs weighs in."""
    import torch

    lost = torch.from_numpy(regrets(table))
    is_right = (lost <= RIGHT).float()

    def loss(outputs: Any, places: NDArray[np.int64]) -> Any:
        truth = is_right[places].expand(len(outputs), -1, -1)
        chance = torch.nn.functional.binary_cross_entropy_with_logits(outputs, truth)
        cost = (torch.softmax(outputs, dim=-1) * lost[places].clamp(max=0.1)).sum(dim=-1).mean()
        return chance + 20 * cost

    return train_networks(table.features, len(TRACING), loss, Practice(networks=10, epochs=100, batch=64), seed)


_BOOSTED_CHOICES = Growth(trees=100, leaves=8)

ROUTERS: Mapping[str, Teaching] = {
    FOREST: lambda table, seed: _trees_of_choices(table, _BAGGED, seed),
    BOOSTED: lambda table, seed: _trees_of_choices(table, _BOOSTED_CHOICES, seed),
    NETWORK: _network_of_choices,
    BLEND: lambda table, seed: Blend(
        [_network_of_choices(table, seed), _trees_of_choices(table, _BOOSTED_CHOICES, seed)]
    ),
}
