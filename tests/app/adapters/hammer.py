"""Hard use of a cache, in a module that a process of its own loads quickly."""

from __future__ import annotations

import hashlib
from pathlib import Path

from app.adapters.caches.disk import DiskCache
from app.caching import Cache, CacheBounds


def key_of(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def hammer(cache: Cache, seed: int, rounds: int) -> int:
    """Put, get and discard; count what came back and was not what its key stands for."""
    faults = 0
    for turn in range(rounds):
        number = (seed * 7 + turn * 13) % 40
        data = key_of(number).encode() * (number * 8)
        found = cache.get(key_of(number))
        faults += found not in {None, data}
        cache.put(key_of(number), data)
        if turn % 5 == 0:
            cache.discard(key_of(number))
    return faults


def hammer_folder(folder: Path, bounds: CacheBounds, seed: int) -> int:
    return hammer(DiskCache(folder, bounds), seed, rounds=200)
