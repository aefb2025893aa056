"""Whether pictures are still like those that models were trained on, and predictions as good as they were.

`reference.json` beside the models says how features were spread over the pictures to train on, and keeps some pictures
that had no part in it, with what every method made of them. It is made by `python -m svgai.training.reference`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from svgai.ml.errors import ModelsRefused
from svgai.ml.features import NAMES, VERSION

Numbers: TypeAlias = NDArray[np.float64]

REFERENCE: Final = "reference.json"
MOST_BYTES: Final = 16 * 1024 * 1024
BINS: Final = 10
JUST_BELOW: Final = 1e-6
LEAST: Final = 200
"""Pictures below which nothing is said: chance alone would look like drift."""
SHIFTED: Final = 0.25
"""The population stability index from which a feature counts as spread otherwise (Siddiqi 2006)."""
MOVING: Final = 0.1
SHARE: Final = 0.1
"""The share of features of which the same must be true, for one or two say little."""
RISEN: Final = 1.5
DOUBLED: Final = 2.5
"""How many times the error may be what it was before it is a warning, and before it is drift."""
FLOOR: Final = 0.01
"""Mean errors below this are nothing to worry about."""


class Standing(StrEnum):
    """How it is."""

    UNKNOWN = "unknown"
    OK = "ok"
    WARNING = "warning"
    DRIFTED = "drifted"


@dataclass(frozen=True)
class Watch:
    """What was found, and by what."""

    standing: Standing
    reason: str
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Reference:
    """How features were spread, and pictures that were held out."""

    edges: Mapping[str, Sequence[float]]
    """Of each feature, where one bin ends and the next begins."""
    shares: Mapping[str, Sequence[float]]
    """The share of pictures in each bin; there is one more than edges."""
    held_out: Sequence[Mapping[str, Any]] = ()

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """What lies beside the models; None where nothing does."""
        file = folder / REFERENCE
        try:
            if file.stat().st_size > MOST_BYTES:
                raise ModelsRefused(f"{REFERENCE} has {file.stat().st_size:,} bytes; {MOST_BYTES:,} are allowed")
            facts = json.loads(file.read_bytes())
            if facts["features"] != VERSION or set(facts["spread"]) != set(NAMES):
                raise ModelsRefused(f"{REFERENCE} is of other features than those of this program")
            edges = {name: [float(each) for each in spread["edges"]] for name, spread in facts["spread"].items()}
            shares = {name: [float(each) for each in spread["shares"]] for name, spread in facts["spread"].items()}
            return cls(edges, shares, tuple(_named(row) for row in facts["held_out"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelsRefused(f"{REFERENCE} is broken: {type(error).__name__}: {error!s:.200}") from error

    def write(self, folder: Path) -> None:
        spread = {name: {"edges": list(self.edges[name]), "shares": list(self.shares[name])} for name in self.edges}
        facts = {"features": VERSION, "spread": spread, "held_out": [_listed(row) for row in self.held_out]}
        aside = folder / f".{REFERENCE}.new"
        aside.write_text(json.dumps(facts, separators=(",", ":")) + "\n", encoding="utf-8")
        aside.replace(folder / REFERENCE)


def _listed(row: Mapping[str, Any]) -> dict[str, Any]:
    """A picture as it is kept: its features in the order of their names, which would take most of the room."""
    return {**row, "features": [row["features"][name] for name in NAMES]}


def _named(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "features": dict(zip(NAMES, row["features"], strict=True))}


def spread_of(features: NDArray[Any], held_out: Sequence[Mapping[str, Any]] = ()) -> Reference:
    """How features are spread over pictures, n x features."""
    edges, shares = {}, {}
    for place, name in enumerate(NAMES):
        values = features[:, place].astype(np.float64)
        edges[name] = _edges(np.quantile(values, np.arange(1, BINS) / BINS).round(6))
        shares[name] = [round(float(each), 6) for each in _shares(values, edges[name])]
    return Reference(edges, shares, held_out)


def watch_inputs(reference: Reference | None, features: NDArray[Any]) -> Watch:
    """Whether pictures are like those of the training, by the population stability index of each feature."""
    if reference is None:
        return Watch(Standing.UNKNOWN, f"there is no {REFERENCE} beside the models")
    if len(features) < LEAST:
        return Watch(Standing.UNKNOWN, f"{len(features)} pictures were seen lately; it takes {LEAST}")
    found = {
        name: stability(reference.shares[name], _shares(features[:, place].astype(np.float64), reference.edges[name]))
        for place, name in enumerate(NAMES)
    }
    worst = sorted(found, key=lambda name: -found[name])[:5]
    shifted, moving = (sum(each > most for each in found.values()) for most in (SHIFTED, MOVING))
    figures: dict[str, Any] = {
        "pictures": len(features),
        "mean": round(float(np.mean(list(found.values()))), 4),
        "worst": {name: round(found[name], 4) for name in worst},
        "shifted": shifted,
        "moving": moving,
        "features": len(found),
    }
    if shifted > SHARE * len(found):
        return Watch(Standing.DRIFTED, f"{shifted} of {len(found)} features are spread otherwise", figures)
    if moving > SHARE * len(found):
        return Watch(Standing.WARNING, f"{moving} of {len(found)} features begin to be", figures)
    return Watch(Standing.OK, "", figures)


def stability(expected: Sequence[float] | Numbers, found: Sequence[float] | Numbers) -> float:
    """The population stability index of two spreads over the same bins."""
    before, after = (np.maximum(np.asarray(each, np.float64), 1e-3) for each in (expected, found))
    return float(((after - before) * np.log(after / before)).sum())


def watch_errors(errors: Sequence[float], usual: float | None, least: int = 50) -> Watch:
    """Whether predictions are as good as they were: the newest errors against the mean error at the training."""
    if usual is None or not np.isfinite(usual):
        return Watch(Standing.UNKNOWN, "nobody has said how large the error was at the training")
    if len(errors) < least:
        return Watch(Standing.UNKNOWN, f"{len(errors)} predictions were measured lately; it takes {least}")
    mean, usual = float(np.mean(errors)), max(usual, FLOOR)
    figures = {"conversions": len(errors), "mean_error": round(mean, 5), "usual": round(usual, 5)}
    for standing, times in ((Standing.DRIFTED, DOUBLED), (Standing.WARNING, RISEN)):
        if mean > times * usual:
            return Watch(standing, f"the mean error of {mean:.4f} is more than {times:g} times {usual:.4f}", figures)
    return Watch(Standing.OK, "", figures)


def _edges(quantiles: Numbers) -> list[float]:
    """Where bins end. Many features are the same for most pictures: such a value has a bin of its own."""
    cuts, often = np.unique(quantiles, return_counts=True)
    return sorted({*(float(each) for each in cuts), *(round(float(each) - JUST_BELOW, 7) for each in cuts[often > 1])})


def _shares(values: Numbers, edges: Sequence[float]) -> Numbers:
    counts = np.bincount(np.searchsorted(np.asarray(edges), values, side="left"), minlength=len(edges) + 1)
    shares: Numbers = counts / max(1, len(values))
    return shares
