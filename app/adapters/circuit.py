"""A circuit breaker: what fails again and again is let alone for a while, then tried once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from enum import StrEnum


class Standing(StrEnum):
    """How it is with what may fail."""

    CLOSED = "closed"
    """It is asked."""
    OPEN = "open"
    """It is let alone."""
    HALF_OPEN = "half_open"
    """It has been let alone for long enough; the next one tries."""


class Circuit:
    """Opens after so many failures in a row, for so many seconds. Used by any number of threads."""

    def __init__(self, failures: int = 3, seconds: float = 30.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.failures, self.seconds, self._clock = failures, seconds, clock
        self._in_a_row = 0
        self._open_until = 0.0
        self._lock = threading.Lock()

    @property
    def standing(self) -> Standing:
        if self._in_a_row < self.failures:
            return Standing.CLOSED
        return Standing.OPEN if self._clock() < self._open_until else Standing.HALF_OPEN

    def note_failure(self) -> None:
        with self._lock:
            self._in_a_row += 1
            self._open_until = self._clock() + self.seconds

    def note_success(self) -> None:
        with self._lock:
            self._in_a_row = 0
