"""A host that fails again and again is let alone for a while."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator

from app.errors import (
    ServiceError,
    UrlCircuitOpen,
    UrlNameUnknown,
    UrlStatusUnusable,
    UrlTimedOut,
    UrlUnreachable,
    UrlUnreadable,
    UrlUntrusted,
)

HOSTS_FAULTS = (UrlNameUnknown, UrlTimedOut, UrlUnreachable, UrlUntrusted, UrlUnreadable)


class Breaker:
    """Remembers when hosts failed last: only the last few times, and only of so many hosts."""

    def __init__(
        self,
        failures: int = 5,
        seconds: float = 60.0,
        most_hosts: int = 1024,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._failures = failures
        self._seconds = seconds
        self._most_hosts = most_hosts
        self._clock = clock
        self._last_failures: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def watching(self, host: str) -> Iterator[None]:
        """Refuse a host that failed too often; count it if it fails now."""
        self._admit(host)
        try:
            yield
        except ServiceError as error:
            if _is_hosts_fault(error):
                self._note_failure(host)
            raise

    def _admit(self, host: str) -> None:
        seconds = self._seconds_to_wait(host)
        if seconds > 0:
            detail = (
                f"{host:.80} failed {self._failures} times within {self._seconds:g} s; "
                f"try again in {math.ceil(seconds)} s."
            )
            raise UrlCircuitOpen(detail, limit=self._failures)

    def _note_failure(self, host: str) -> None:
        with self._lock:
            self._last_failures.setdefault(host, deque(maxlen=self._failures)).append(self._clock())
            self._last_failures.move_to_end(host)
            if len(self._last_failures) > self._most_hosts:
                self._last_failures.popitem(last=False)

    def _seconds_to_wait(self, host: str) -> float:
        with self._lock:
            times = list(self._last_failures.get(host, ()))
        if len(times) < self._failures or times[-1] - times[0] > self._seconds:
            return 0.0
        return times[-1] + self._seconds - self._clock()


def _is_hosts_fault(error: ServiceError) -> bool:
    """A file that is not there, or too large, is no fault of its host."""
    if isinstance(error, UrlStatusUnusable):
        return (error.actual or 0) >= 500
    return isinstance(error, HOSTS_FAULTS)
