"""Caches made of caches: one in front of another, one whose look-ups are counted, and none at all."""

from __future__ import annotations

from app.caching import Cache, Count


class Layered:
    """A quick cache near by, in front of one that others share.

    What others discard stays near by until it ends there: give the near cache little time.
    """

    def __init__(self, near: Cache, far: Cache) -> None:
        self._near = near
        self._far = far

    def get(self, key: str) -> bytes | None:
        found = self._near.get(key)
        if found is not None:
            return found
        found = self._far.get(key)
        if found is not None:
            self._near.put(key, found)
        return found

    def put(self, key: str, data: bytes) -> None:
        self._far.put(key, data)
        self._near.put(key, data)

    def discard(self, key: str) -> None:
        # The far one first: what is still there might otherwise come back near by meanwhile.
        self._far.discard(key)
        self._near.discard(key)


class Counted:
    """Tells of every look-up."""

    def __init__(self, cache: Cache, name: str, count: Count) -> None:
        self._cache = cache
        self._name = name
        self._count = count

    def get(self, key: str) -> bytes | None:
        found = self._cache.get(key)
        self._count(self._name, found is not None)
        return found

    def put(self, key: str, data: bytes) -> None:
        self._cache.put(key, data)

    def discard(self, key: str) -> None:
        self._cache.discard(key)


class NoCache:
    """Keeps nothing."""

    def get(self, key: str) -> bytes | None:  # noqa: ARG002
        return None

    def put(self, key: str, data: bytes) -> None:
        pass

    def discard(self, key: str) -> None:
        pass
