"""Chance that can be repeated: everything random in a drawing is drawn from one seeded source."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


class Dice:
    """A seeded source of numbers and choices."""

    def __init__(self, *seed: int) -> None:
        self.numbers = np.random.default_rng(seed)

    def between(self, least: float, most: float) -> float:
        return float(self.numbers.uniform(least, most))

    def whole(self, least: int, most: int) -> int:
        """A whole number, both ends included."""
        return int(self.numbers.integers(least, most, endpoint=True))

    def chance(self, part: float) -> bool:
        return bool(self.numbers.random() < part)

    def pick(self, things: Sequence[T]) -> T:
        return things[self.whole(0, len(things) - 1)]

    def weighed(self, things: dict[T, float]) -> T:
        """One of several, each as often as its weight says."""
        names, weights = list(things), np.array(list(things.values()))
        return names[int(self.numbers.choice(len(names), p=weights / weights.sum()))]

    def shuffled(self, things: Sequence[T]) -> list[T]:
        return [things[index] for index in self.numbers.permutation(len(things))]

    def around(self, middle: float, spread: float) -> float:
        return float(self.numbers.normal(middle, spread))


def colour(hue: float, saturation: float, value: float) -> str:
    """A colour as SVG writes it; the hue is a part of a turn."""
    channels = colorsys.hsv_to_rgb(hue % 1, min(1, max(0, saturation)), min(1, max(0, value)))
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in channels)


def scheme(dice: Dice, count: int) -> list[str]:
    """Colours that a designer might have put together, those side by side in the list well apart in lightness."""
    base, made = dice.between(0, 1), []
    steps = dice.pick(((0.0,), (0, 0.08, -0.08), (0, 0.5), (0, 0.33, 0.66), (0, 0.42, 0.58)))
    is_pastel = dice.chance(0.2)
    for place in range(count):
        hue = base + dice.pick(steps) + dice.around(0, 0.015)
        value = (0.92, 0.45, 0.75, 0.28)[place % 4] + dice.between(-0.08, 0.08)
        made.append(colour(hue, dice.between(0.15, 0.4) if is_pastel else dice.between(0.45, 1), value))
    return _with_neutrals(dice, made)


def _with_neutrals(dice: Dice, colours: list[str]) -> list[str]:
    neutrals = ("#000000", "#ffffff", "#1b1f2a", "#f4f1ea", "#8a8f98")
    for place in range(len(colours)):
        if dice.chance(0.22):
            colours[place] = dice.pick([each for each in neutrals if each not in colours])
    return colours


def lightness(text: str) -> float:
    """How light a colour of the form #rrggbb looks, from 0 to 1."""
    red, green, blue = (int(text[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def apart(dice: Dice, ground: str | None, least: float = 0.3) -> str:
    """A colour that can be told from the ground; None is a ground of unknown colour, for which it is dark."""
    seen = 1.0 if ground is None else lightness(ground)
    for _ in range(40):
        found = dice.pick(scheme(dice, 4))
        if abs(lightness(found) - seen) >= least:
            return found
    return "#111111" if seen > 0.5 else "#fafafa"
