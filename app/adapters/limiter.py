"""Who has taken how much of which quota: in Redis, or in the memory of each process.

Both count in a sliding window: what the window before has counted weighs less the longer it is over.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, replace

import structlog
from limits.storage import RedisStorage
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from app.limiting import Limiter, Quota, Standing

log = structlog.get_logger()

PATIENCE_SECONDS = 0.5
"""A request waits for Redis no longer than this."""
BACK_OFF_SECONDS = 5.0
"""And while Redis is away, only one request in so many seconds waits at all."""


class MemoryLimiter:
    """Counts for one process alone. Where `processes` share the callers, each gives out its part of every quota."""

    def __init__(self, processes: int = 1) -> None:
        self._counts: OrderedDict[str, _Count] = OrderedDict()
        """Whoever came last is last."""
        self._processes = processes
        self._one_at_a_time = threading.Lock()

    def take(self, quota: Quota, who: str, cost: int = 1) -> Standing:
        sharers = self._processes if quota.is_shared else 1
        part = replace(quota, limit=math.ceil(quota.limit / sharers))
        cost = min(cost, part.limit)
        with self._one_at_a_time:
            now = time.monotonic()
            self._forget(now)
            key = _key(part, who)
            count = self._counts.setdefault(key, _Count(now, part.window_seconds))
            self._counts.move_to_end(key)
            count.turn(now)
            allowed = count.window(part, now).remaining >= cost
            if allowed:
                count.current += cost
            return count.window(part, now).standing(allowed, cost)

    def _forget(self, now: float) -> None:
        """Whoever came longest ago goes first, and by then nearly all who came before the same time can go."""
        while self._counts and (first := next(iter(self._counts.items())))[1].is_over(now):
            del self._counts[first[0]]


@dataclass
class _Count:
    """What was counted in the window that began then, and in the one before."""

    begun: float
    seconds: float
    former: int = 0
    current: int = 0

    def is_over(self, now: float) -> bool:
        return now >= self.begun + 2 * self.seconds

    def turn(self, now: float) -> None:
        """Begin the next window where this one is over."""
        if self.is_over(now):
            self.begun, self.former, self.current = now, 0, 0
        elif now >= self.begun + self.seconds:
            self.begun, self.former, self.current = self.begun + self.seconds, self.current, 0

    def window(self, quota: Quota, now: float) -> _Window:
        left = self.begun + self.seconds - now
        return _Window(quota, self.former, left, self.current, left)


_INSTANT_SECONDS = 0.002
"""Longer than what Redis takes for one moment."""


class RedisLimiter:
    """Counts for all processes together; while Redis is away, another limiter stands in."""

    def __init__(self, url: str, stand_in: Limiter) -> None:
        # No second try: whoever waits here is a request.
        once = Retry(NoBackoff(), 0)
        waits = {"socket_timeout": PATIENCE_SECONDS, "socket_connect_timeout": PATIENCE_SECONDS, "retry": once}
        self._storage = RedisStorage(url, key_prefix="svgai:quota", **waits)  # type: ignore[arg-type]
        self._stand_in = stand_in
        self._is_away = False
        self._try_again_at = 0.0

    def take(self, quota: Quota, who: str, cost: int = 1) -> Standing:
        if not quota.is_shared:
            return self._stand_in.take(quota, who, cost)
        now = time.monotonic()
        if self._is_away:
            if now < self._try_again_at:
                return self._stand_in.take(quota, who, cost)
            self._try_again_at = now + BACK_OFF_SECONDS  # this request goes and looks, the others need not
        try:
            standing = self._take(quota, who, min(cost, quota.limit))
        except RedisError as error:
            self._note_away(error)
            return self._stand_in.take(quota, who, cost)
        self._note_back()
        return standing

    def _take(self, quota: Quota, who: str, cost: int) -> Standing:
        key = _key(quota, who)
        asked = key, quota.limit, quota.window_seconds, cost
        allowed, window = self._storage.acquire_sliding_window_entry(*asked), self._window(key, quota)
        if not allowed and window.remaining >= cost:
            # In the millisecond in which a window ends it still counts; who has waited as long as told comes just then.
            time.sleep(_INSTANT_SECONDS)
            allowed, window = self._storage.acquire_sliding_window_entry(*asked), self._window(key, quota)
        return window.standing(allowed, cost)

    def _window(self, key: str, quota: Quota) -> _Window:
        former, former_ends_in, current, kept_for = self._storage.get_sliding_window(key, quota.window_seconds)
        ends_in = max(0.0, kept_for - quota.window_seconds)  # it is kept for as long again, to be the former one
        return _Window(quota, former, former_ends_in, current if kept_for else 0, ends_in)

    def _note_away(self, error: RedisError) -> None:
        self._try_again_at = time.monotonic() + BACK_OFF_SECONDS
        if not self._is_away:
            self._is_away = True
            log.warning("the limiter's Redis is away; each process counts for itself", reason=type(error).__name__)

    def _note_back(self) -> None:
        if self._is_away:
            self._is_away = False
            log.info("the limiter's Redis is back")


def _key(quota: Quota, who: str) -> str:
    return f"{quota.name}:{who}"


@dataclass(frozen=True)
class _Window:
    """What the storage has counted in this window and in the one before."""

    quota: Quota
    former: int
    former_ends_in: float
    """Until then, what the former window counted weighs less and less."""
    current: int
    ends_in: float

    def standing(self, allowed: bool, cost: int) -> Standing:
        """What to tell whoever has asked for so much, and got it or not."""
        seconds = self.ends_in if allowed else self.seconds_until_free(cost)
        return Standing(allowed, self.remaining, max(1, math.ceil(seconds)))

    @property
    def remaining(self) -> int:
        weighed = math.floor(self.former * self.former_ends_in / self.quota.window_seconds) + self.current
        return max(0, self.quota.limit - weighed)

    def seconds_until_free(self, cost: int) -> float:
        """When so much fits."""
        room = self.quota.limit - cost
        if self.current <= room:
            return self._fading(self.former, room - self.current, self.former_ends_in)
        return self.ends_in + self._fading(self.current, room, self.quota.window_seconds)

    def _fading(self, count: int, room: int, ends_in: float) -> float:
        """How long until a count that fades away by then weighs no more than the room for it."""
        return max(0.0, ends_in - (room + 1) * self.quota.window_seconds / count) if count else 0.0
