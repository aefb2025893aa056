"""Keeping what may be wanted again: the port to caches, and how much they may keep for how long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Cache(Protocol):
    """Bytes by a key of 64 hexadecimal digits. It may forget anything at any time, and never fails."""

    def get(self, key: str) -> bytes | None: ...
    def put(self, key: str, data: bytes) -> None: ...
    def discard(self, key: str) -> None: ...


Count = Callable[[str, bool], None]
"""Told of every look-up: which cache, and whether it had what was wanted."""


@dataclass(frozen=True)
class CacheBounds:
    """How much a cache may keep, and for how long."""

    total_bytes: int
    entry_bytes: int
    seconds: float

    def admit(self, data: bytes) -> bool:
        return len(data) <= min(self.entry_bytes, self.total_bytes)
