"""The pictures that are made of a drawing: which sizes, which damages."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from svgai.methods import BASELINE, TRACERS
from svgai.picture import Pixels
from svgai.tracing import WORK
from svgai.training.damage import NONE, pick_damage, spoil
from svgai.training.drawings import Dice, Subject

SIZES: Mapping[int, float] = MappingProxyType(
    {48: 0.06, 64: 0.08, 96: 0.12, 128: 0.16, 192: 0.17, 256: 0.17, 384: 0.12, 512: 0.07, 768: 0.03, 1024: 0.02}
)
"""Pixels of the longest side, and how many pictures are so large; the largest cost most."""
MOST_DAMAGED = 256
"""Pixels that damaged pictures have at most, as methods take longest for them..."""
LARGE_DAMAGED_PART = 0.05
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
QUICK = tuple(method for method in ALL if WORK.get(method, 0) <= 10_000_000)
"""Methods that search little or not at all."""


def shots(seed: int, drawing: str, *, is_whole: bool) -> list[Shot]:
    """The pictures of a drawing, as chance has it.

    Of one that is measured as a whole: two whole pictures and a damaged one by all methods, two more damaged ones by
    the baseline alone. Of the others: a whole one by the quick methods and two damaged ones by the baseline.
    """
    dice = _dice_of(seed, drawing)
    best = ALL if is_whole else QUICK
    planned = [Shot(_size(dice), NONE, best) for _ in range(2 if is_whole else 1)]
    planned += [Shot(_damaged_size(dice), pick_damage(dice), best) for _ in range(int(is_whole))]
    planned += [Shot(_size(dice), pick_damage(dice), (BASELINE,)) for _ in range(2)]
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
