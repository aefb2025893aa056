"""A cache in this process's memory: the least recently used entries go first."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from app.adapters.caches.keys import checked
from app.caching import CacheBounds

OVERHEAD_BYTES = 256
"""What an entry takes beside its data, so that many small ones count too."""


@dataclass(frozen=True)
class _Entry:
    data: bytes
    ends_at: float

    @property
    def size(self) -> int:
        return len(self.data) + OVERHEAD_BYTES


class MemoryCache:
    """Used by any number of threads."""

    def __init__(self, bounds: CacheBounds, now: Callable[[], float] = time.monotonic) -> None:
        self._bounds = bounds
        self._now = now
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        with self._lock:
            entry = self._entries.get(checked(key))
            if entry is None:
                return None
            if entry.ends_at <= self._now():
                self._drop(key)
                return None
            self._entries.move_to_end(key)
            return entry.data

    def put(self, key: str, data: bytes) -> None:
        with self._lock:
            self._drop(checked(key))
            if self._bounds.admit(data):
                self._add(key, _Entry(data, self._now() + self._bounds.seconds))

    def discard(self, key: str) -> None:
        with self._lock:
            self._drop(checked(key))

    def _add(self, key: str, entry: _Entry) -> None:
        self._entries[key] = entry
        self._size += entry.size
        while self._size > self._bounds.total_bytes:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        self._size -= entry.size if entry else 0
