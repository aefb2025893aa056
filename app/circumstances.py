"""What the service knows that weighs in every choice: how busy it is, and how often methods fail.

Asked of the database every few seconds by each process, however many conversions and predictions there are. In steps,
so that advice stays the same while little has changed; at ease, there is nothing to tell.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

import structlog

log = structlog.get_logger()

WAITED_SECONDS = 10.0
"""For each of these that the next job has waited a second is dearer by as much as it is worth."""
MOST_LOAD = 10.0
ENOUGH = 20
"""Tries of a method below which nothing is said of it."""
RELIABLE = 0.98
"""Who fails less often counts as never failing."""
STEP = 0.05
DAYS = 2
"""Today and yesterday."""
KEPT_SECONDS = 5.0


@dataclass(frozen=True)
class Circumstances:
    """The words are those of `svgai.ml.advice.Wishes`."""

    load: float = 0.0
    reliability: Mapping[str, float] = field(default_factory=dict)

    def facts(self) -> dict[str, Any]:
        return {"load": self.load, "reliability": dict(self.reliability)}


AT_EASE = Circumstances(0.0, MappingProxyType({}))


def load_of(oldest_queued_seconds: float) -> float:
    """How much dearer a second is than usual, by how long the next job has waited."""
    return min(MOST_LOAD, float(int(oldest_queued_seconds / WAITED_SECONDS)))


def reliability_of(tries: Mapping[str, tuple[int, int]]) -> dict[str, float]:
    """The share of times that a method succeeds, of those that fail noticeably."""
    shares = {method: 1 - failed / tried for method, (tried, failed) in tries.items() if tried >= ENOUGH}
    return {method: round(round(share / STEP) * STEP, 2) for method, share in shares.items() if share < RELIABLE}


class Weather:
    """The circumstances now, or a few seconds ago. Used by any number of threads; one of them asks."""

    def __init__(
        self,
        oldest_queued_seconds: Callable[[], float],
        tries: Callable[[date], Mapping[str, tuple[int, int]]],
        today: Callable[[], date],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._oldest, self._tries, self._today, self._clock = oldest_queued_seconds, tries, today, clock
        self._known = AT_EASE
        self._until = float("-inf")
        self._asking = threading.Lock()

    def now(self) -> Circumstances:
        if self._clock() >= self._until and self._asking.acquire(blocking=False):
            try:
                self._known = self._asked()
                self._until = self._clock() + KEPT_SECONDS
            finally:
                self._asking.release()
        return self._known

    def _asked(self) -> Circumstances:
        try:
            tries = self._tries(self._today() - timedelta(days=DAYS - 1))
            return Circumstances(load_of(self._oldest()), MappingProxyType(reliability_of(tries)))
        except Exception as error:  # noqa: BLE001 - advice is never held up by what it could do without
            log.warning("the circumstances are not known", reason=repr(error))
            return AT_EASE
