from __future__ import annotations

import pytest

from app import errors
from app.adapters.outward import Outward
from app.adapters.outward.breaker import Breaker
from tests.app.adapters.outward.elsewhere import (
    Elsewhere,
    fetch,
    http,
    refusal,
)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def fail(breaker: Breaker, host: str, error: errors.ServiceError | None = None) -> None:
    with pytest.raises(errors.ServiceError), breaker.watching(host):
        raise error or errors.UrlTimedOut("slow")


def admits(breaker: Breaker, host: str) -> bool:
    try:
        with breaker.watching(host):
            return True
    except errors.UrlCircuitOpen:
        return False


def test_a_host_that_failed_five_times_in_a_minute_is_let_alone_for_one() -> None:
    clock = Clock()
    breaker = Breaker(clock=clock)
    for second in (0, 10, 20, 30):
        clock.now = second
        fail(breaker, "a")
        assert admits(breaker, "a")
    clock.now = 60
    fail(breaker, "a")
    clock.now = 119.5
    assert not admits(breaker, "a")
    assert admits(breaker, "b")
    clock.now = 120
    assert admits(breaker, "a")


def test_failures_far_apart_are_forgiven() -> None:
    clock = Clock()
    breaker = Breaker(clock=clock)
    for _ in range(20):
        fail(breaker, "a")
        clock.now += 16
    assert admits(breaker, "a")


def test_only_the_hosts_own_faults_count() -> None:
    breaker = Breaker()
    for _ in range(6):
        fail(breaker, "a", errors.UrlTooLarge("large"))
        fail(breaker, "a", errors.UrlStatusUnusable("gone", actual=404))
        fail(breaker, "a", errors.UrlBlocked("inside"))
        fail(breaker, "a", errors.UrlBusy("busy"))
    assert admits(breaker, "a")
    for _ in range(5):
        fail(breaker, "a", errors.UrlStatusUnusable("down", actual=503))
    assert not admits(breaker, "a")


def test_only_so_many_hosts_are_remembered() -> None:
    breaker = Breaker(failures=1, most_hosts=2)
    for host in ("a", "b", "c"):
        fail(breaker, host)
    assert [admits(breaker, host) for host in ("a", "b", "c")] == [True, False, False]


def test_a_failing_host_is_not_called_any_more_but_posts_to_it_are(
    outward: Outward, elsewhere: Elsewhere, good: str
) -> None:
    elsewhere.answers["/"] = http(status=500)
    for _ in range(5):
        assert isinstance(refusal(lambda: fetch(outward, good)), errors.UrlStatusUnusable)
    refused = refusal(lambda: fetch(outward, good))
    assert isinstance(refused, errors.UrlCircuitOpen)
    assert refused.detail == f"{good} failed 5 times within 60 s; try again in 60 s."
    assert len(elsewhere.requests) == 5
    assert outward.post(good, b"x", {}).status == 500
