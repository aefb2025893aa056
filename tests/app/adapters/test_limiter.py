"""Promises of the limiters: in memory, over a real Redis, and over one that is away."""

from __future__ import annotations

import math
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from app.adapters import limiter
from app.adapters.limiter import BACK_OFF_SECONDS, PATIENCE_SECONDS, MemoryLimiter, RedisLimiter
from app.limiting import Limiter, Quota, Standing
from tests.servers import RedisServer

MINUTE = Quota("jobs", 6)
BRIEF = Quota("jobs", 4, 1)


class Refusing:
    """A limiter that is there only to be noticed."""

    def take(self, quota: Quota, who: str, cost: int = 1) -> Standing:
        return Standing(False, 0, quota.window_seconds)


@pytest.fixture(params=["memory", "redis"])
def counting(request: pytest.FixtureRequest) -> Limiter:
    if request.param == "memory":
        return MemoryLimiter()
    return RedisLimiter(request.getfixturevalue("redis").url, stand_in=Refusing())


@pytest.fixture
def who(request: pytest.FixtureRequest) -> str:
    """Somebody whom no other test has met."""
    return f"{request.node.name}-{time.monotonic_ns()}"


@pytest.fixture
def silence() -> Iterator[str]:
    """A Redis that takes the call and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


def test_so_many_are_allowed_and_no_more(counting: Limiter, who: str) -> None:
    standings = [counting.take(MINUTE, who) for _ in range(10)]
    assert [standing.allowed for standing in standings] == [True] * 6 + [False] * 4
    assert [standing.remaining for standing in standings] == [5, 4, 3, 2, 1, 0, 0, 0, 0, 0]
    assert all(1 <= standing.reset_seconds <= MINUTE.window_seconds for standing in standings)


def test_everybody_has_a_quota_of_their_own_and_so_has_everything(counting: Limiter, who: str) -> None:
    for _ in range(MINUTE.limit):
        counting.take(MINUTE, who)
    assert not counting.take(MINUTE, who).allowed
    assert counting.take(MINUTE, who + " too").allowed
    assert counting.take(Quota("poll", 6), who).allowed


@pytest.mark.parametrize("cost", [1, 4])
def test_whoever_waits_as_long_as_told_is_let_in(counting: Limiter, who: str, cost: int) -> None:
    while (standing := counting.take(BRIEF, who, cost)).allowed:
        pass
    time.sleep(standing.reset_seconds)
    assert counting.take(BRIEF, who, cost).allowed


def test_nobody_is_refused_what_remains(counting: Limiter, who: str) -> None:
    """Asked all the time, and so in the very moment in which enough is free, too."""
    counting.take(BRIEF, who, 4)
    while not (standing := counting.take(BRIEF, who, 4)).allowed:
        assert standing.remaining < 4


def test_what_is_refused_costs_nothing(counting: Limiter, who: str) -> None:
    counting.take(MINUTE, who, 4)
    assert not counting.take(MINUTE, who, 3).allowed
    assert counting.take(MINUTE, who, 2).allowed


def test_what_costs_more_than_the_limit_takes_all_of_it(counting: Limiter, who: str) -> None:
    standing = counting.take(MINUTE, who, 50)
    assert (standing.allowed, standing.remaining) == (True, 0)
    assert not counting.take(MINUTE, who).allowed


def test_no_more_pass_when_many_come_at_once(counting: Limiter, who: str) -> None:
    quota, standings = Quota("jobs", 25), []

    def ask() -> None:
        standings.extend(counting.take(quota, who) for _ in range(10))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(standing.allowed for standing in standings) == 25


@pytest.mark.parametrize("processes", [1, 2, 4])
def test_in_memory_each_process_gives_out_its_part_rounded_up(processes: int) -> None:
    part = MemoryLimiter(processes)
    allowed = sum(part.take(MINUTE, "me").allowed for _ in range(10))
    assert allowed == math.ceil(6 / processes)


class Clock:
    """One that goes when it is told to."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(limiter, "time", made)
    return made


def test_in_memory_nobody_is_remembered_for_longer_than_two_windows(clock: Clock) -> None:
    counting = MemoryLimiter()
    for second in range(600):
        clock.now = float(second)
        counting.take(MINUTE, f"number {second}")
        counting.take(MINUTE, "somebody who comes all the time")
    assert len(counting._counts) <= 2 * MINUTE.window_seconds + 1


def test_in_memory_what_was_counted_a_window_ago_fades(clock: Clock) -> None:
    counting, left = MemoryLimiter(), {}
    for _ in range(2):
        counting.take(MINUTE, "me")
    for second in (0, 59, 60, 80, 100, 119, 121, 400):
        clock.now = float(second)
        left[second] = counting.take(MINUTE, "me").remaining
    assert left == {0: 3, 59: 2, 60: 1, 80: 2, 100: 2, 119: 2, 121: 2, 400: 5}


def test_processes_that_share_a_redis_share_the_quota(redis: RedisServer, who: str) -> None:
    one, other = (RedisLimiter(redis.url, stand_in=Refusing()) for _ in range(2))
    assert [(one, other)[turn % 2].take(MINUTE, who).allowed for turn in range(8)] == [True] * 6 + [False] * 2


def test_while_redis_is_away_each_process_counts_for_itself() -> None:
    counting = RedisLimiter("redis://127.0.0.1:1/0", stand_in=MemoryLimiter(2))
    assert [counting.take(MINUTE, "me").allowed for _ in range(5)] == [True] * 3 + [False] * 2


def test_a_redis_that_hangs_delays_one_request_and_not_every_one(silence: str) -> None:
    counting = RedisLimiter(silence, stand_in=MemoryLimiter(2))
    began = time.monotonic()
    for _ in range(20):
        counting.take(MINUTE, "me")
    assert time.monotonic() - began < 3 * PATIENCE_SECONDS


def test_a_redis_that_comes_back_is_asked_again(redis: RedisServer, who: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if not redis.is_ours:
        pytest.skip("the server is not ours to stop")
    monkeypatch.setattr(limiter, "BACK_OFF_SECONDS", 0.1)
    counting = RedisLimiter(redis.url, stand_in=Refusing())
    assert counting.take(MINUTE, who).allowed
    redis.stop()
    try:
        assert not counting.take(MINUTE, who).allowed
    finally:
        redis.start()
    time.sleep(0.15)
    assert counting.take(MINUTE, who).allowed


def test_redis_is_let_alone_for_a_while_after_it_failed() -> None:
    counting = RedisLimiter("redis://127.0.0.1:1/0", stand_in=MemoryLimiter())
    counting.take(MINUTE, "me")
    asked: list[object] = []
    counting._storage.acquire_sliding_window_entry = lambda *what: asked.append(what)
    for _ in range(5):
        counting.take(MINUTE, "me")
    assert (asked, BACK_OFF_SECONDS) == ([], 5.0)


def test_what_is_kept_in_redis_ends_by_itself(redis: RedisServer, who: str) -> None:
    from redis import Redis

    RedisLimiter(redis.url, stand_in=Refusing()).take(MINUTE, who)
    with Redis.from_url(redis.url) as client:
        kept = [key for key in client.scan_iter(count=1000) if who.encode() in key]
        assert kept
        assert all(0 < client.ttl(key) <= 2 * MINUTE.window_seconds for key in kept)
