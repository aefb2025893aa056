"""What a method is worth on a picture: the one definition for the choice, the training and the evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Final, Protocol

SECOND: Final = 0.001
"""What a second of waiting costs, in SSIM."""


class Foretold(Protocol):
    """What is known or foretold of a method."""

    @property
    def quality(self) -> float: ...
    @property
    def seconds(self) -> float: ...


def worth(quality: float, seconds: float, second: float = SECOND) -> float:
    """The quality less the price of its time."""
    return quality - second * seconds


def rank(
    methods: Mapping[str, Foretold], target: float = 0.0, budget: float = inf, second: float = SECOND
) -> tuple[str, ...]:
    """All methods, the best choice first.

    Those within the time budget that reach the target come first, then the others within the budget, each by worth;
    then those over the budget, the quickest first. Of equals the one named first comes first.
    """

    def place(name: str) -> tuple[int, float]:
        method = methods[name]
        if method.seconds > budget:
            return 2, method.seconds
        return int(method.quality < target), -worth(method.quality, method.seconds, second)

    return tuple(sorted(methods, key=place))
