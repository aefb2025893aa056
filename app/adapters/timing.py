"""How long something takes, over the last few thousand times, and how much memory this process has."""

from __future__ import annotations

import resource
import threading
from collections import deque
from pathlib import Path

REMEMBERED = 4096
"""Times of which the quantiles are told; the mean is over all."""


class Timing:
    """Used by any number of threads."""

    def __init__(self) -> None:
        self.count = 0
        self._total = 0.0
        self._last: deque[float] = deque(maxlen=REMEMBERED)
        self._lock = threading.Lock()

    def note(self, seconds: float) -> None:
        with self._lock:
            self.count += 1
            self._total += seconds
            self._last.append(seconds)

    @property
    def per_second(self) -> float:
        return self.count / self._total if self._total else 0.0

    def facts(self) -> dict[str, float | int | None]:
        """In milliseconds; None before the first time."""
        with self._lock:
            count, total, last = self.count, self._total, sorted(self._last)
        if not count:
            return {"count": 0, "mean_ms": None, "p50_ms": None, "p95_ms": None, "p99_ms": None}
        shares = {f"p{share}_ms": _ms(last[(len(last) - 1) * share // 100]) for share in (50, 95, 99)}
        return {"count": count, "mean_ms": _ms(total / count), **shares}


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)


def resident_megabytes() -> float:
    """Memory that this process really has."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6
