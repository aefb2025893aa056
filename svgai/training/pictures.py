"""The pictures that are made of a drawing: which sizes, which damages."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from svgai.methods import TRACERS
from svgai.options import BASELINE
from svgai.picture import Pixels
from svgai.tracing import WORK
from svgai.training.damage import NONE, pick_damage, spoil
from svgai.training.drawings import Dice, Subject

SIZES: Mapping[int, float] = MappingProxyType(
    {48: 0.05, 64: 0.1, 96: 0.16, 128: 0.2, 192: 0.2, 256: 0.17, 384: 0.08, 512: 0.025, 768: 0.01, 1024: 0.005}
)
"""Pixels of the longest side, and how many pictures are so large; the largest cost most."""
MOST_DAMAGED = 192
"""Pixels that damaged pictures have at most, as methods take longest for them..."""
LARGE_DAMAGED_PART = 0.03
"""...but for so many of them."""
LEAST_SIDE = 24
"""Pixels. Nobody traces a word five pixels high."""
MOST = 1024


@dataclass(frozen=True)
class Shot:
    """A drawing as one picture."""

    size: int
    damage: str
    methods: tuple[str, ...]
    """Which run on it: all take seconds, the quick ones tenths, the baseline hundredths."""

    @property
    def name(self) -> str:
        return f"{self.size}-{self.damage}"


ALL = tuple(TRACERS)
QUICK = tuple(method for method in ALL if sum(WORK.get(method, ())) <= 10_000_000)
"""Methods that search little or not at all."""


class Care(StrEnum):
    """How closely a drawing is looked at, as methods cost much and looking costs little."""

    MEASURED = "measured"
    """Two whole pictures and a damaged one by all methods, a damaged one by the baseline."""
    TRIED = "tried"
    """A whole picture and a damaged one by the quick methods, a damaged one by the baseline."""
    SEEN = "seen"
    """A whole picture and a damaged one by the baseline alone: what is learned from them most is the type."""


_METHODS: Mapping[Care, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {
        Care.MEASURED: (ALL, ALL, ALL, (BASELINE,)),
        Care.TRIED: (QUICK, QUICK, (BASELINE,)),
        Care.SEEN: ((BASELINE,), (BASELINE,)),
    }
)
"""Those that run on each picture."""
_WHOLE: Mapping[Care, int] = MappingProxyType({Care.MEASURED: 2, Care.TRIED: 1, Care.SEEN: 1})
"""How many pictures, the first ones, are whole."""


def shots(seed: int, drawing: str, care: Care) -> list[Shot]:
    """The pictures of a drawing, as chance has it."""
    dice = _dice_of(seed, drawing)
    planned = [
        Shot(_size(dice), NONE, methods)
        if place < _WHOLE[care]
        else Shot(_damaged_size(dice) if len(methods) > 1 else _size(dice), pick_damage(dice), methods)
        for place, methods in enumerate(_METHODS[care])
    ]
    return list({shot.name: shot for shot in reversed(planned)}.values())[::-1]


def take(subject: Subject, shot: Shot, seed: int) -> Pixels:
    """The picture itself; larger than planned where a side would be too short."""
    longest = max(shot.size, min(MOST, math.ceil(LEAST_SIDE * subject.elongation)))
    return spoil(subject.seen(longest), shot.damage, _dice_of(seed, subject.name, shot.name))


def split_of(drawing: str) -> str:
    """Which part of the data a drawing belongs to, with all its pictures: train, calibrate or test."""
    place = _digest(drawing)[0] / 256
    return "train" if place < 0.66 else "calibrate" if place < 0.82 else "test"


def _size(dice: Dice) -> int:
    return _about(dice, dice.weighed(dict(SIZES)))


def _damaged_size(dice: Dice) -> int:
    is_large = dice.chance(LARGE_DAMAGED_PART)
    return _about(dice, dice.weighed({size: part for size, part in SIZES.items() if (size > MOST_DAMAGED) is is_large}))


def _about(dice: Dice, size: int) -> int:
    """Often a round size, often one that is a little smaller."""
    return round(size * dice.between(0.85, 1)) if dice.chance(0.5) and size > min(SIZES) else size


def _dice_of(seed: int, *names: str) -> Dice:
    digest = _digest("/".join(names))
    return Dice(seed, int.from_bytes(digest[:8], "big"))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
