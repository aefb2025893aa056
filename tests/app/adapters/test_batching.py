from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.adapters.batching import MOST_TOGETHER, Batcher
from app.errors import InferenceBusy

SECONDS = 10


class Doubler:
    """Doubles numbers, and remembers which came together; `gate` keeps it at work while it is shut."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.at_work = 0
        self.most_at_work = 0
        self.gate = threading.Event()
        self.gate.set()
        self.is_begun = threading.Event()

    def answer(self, numbers: Sequence[int]) -> list[int]:
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        self.batches.append(list(numbers))
        self.is_begun.set()
        assert self.gate.wait(SECONDS)
        self.at_work -= 1
        if -1 in numbers:
            raise ValueError("a number is negative")
        return [2 * number for number in numbers]


@pytest.fixture
def doubler() -> Doubler:
    return Doubler()


def until_waiting(batcher: Batcher[int, int], count: int) -> None:
    end = time.monotonic() + SECONDS
    while len(batcher._waiting) < count:
        assert time.monotonic() < end
        time.sleep(0.001)


def test_whoever_is_alone_is_answered_alone_and_at_once(doubler: Doubler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.adapters.batching.COMPANY_SECONDS", 60)
    monkeypatch.setattr("app.adapters.batching.LONGEST_SECONDS", 60)
    assert Batcher(doubler.answer).ask(21) == 42
    assert doubler.batches == [[21]]


def test_those_who_wait_are_answered_together_in_turn_and_each_with_its_own(doubler: Doubler) -> None:
    batcher = Batcher(doubler.answer)
    doubler.gate.clear()
    with ThreadPoolExecutor(21) as callers:
        first = callers.submit(batcher.ask, 100)
        assert doubler.is_begun.wait(SECONDS)
        others = [callers.submit(batcher.ask, number) for number in range(20)]
        until_waiting(batcher, 20)
        doubler.gate.set()
        assert first.result(SECONDS) == 200
        assert [other.result(SECONDS) for other in others] == [2 * number for number in range(20)]
    assert [len(batch) for batch in doubler.batches] == [1, MOST_TOGETHER, MOST_TOGETHER, 4]
    assert doubler.most_at_work == 1
    assert (batcher.batches, batcher.questions) == (4, 21)


def test_two_wait_for_a_third_but_not_for_long(doubler: Doubler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.adapters.batching.COMPANY_SECONDS", 0.2)
    monkeypatch.setattr("app.adapters.batching.LONGEST_SECONDS", 60)
    batcher = Batcher(doubler.answer)
    doubler.gate.clear()
    with ThreadPoolExecutor(4) as callers:
        asked = [callers.submit(batcher.ask, 0)]
        assert doubler.is_begun.wait(SECONDS)
        asked += [callers.submit(batcher.ask, number) for number in (1, 2)]
        until_waiting(batcher, 2)
        doubler.gate.set()
        time.sleep(0.05)
        asked.append(callers.submit(batcher.ask, 3))
        assert [each.result(SECONDS) for each in asked] == [0, 2, 4, 6]
    assert sorted(doubler.batches[1]) == [1, 2, 3]


def test_who_has_waited_long_waits_for_no_company(doubler: Doubler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.adapters.batching.COMPANY_SECONDS", 60)
    batcher = Batcher(doubler.answer)
    doubler.gate.clear()
    with ThreadPoolExecutor(3) as callers:
        asked = [callers.submit(batcher.ask, 0)]
        assert doubler.is_begun.wait(SECONDS)
        asked += [callers.submit(batcher.ask, number) for number in (1, 2)]
        until_waiting(batcher, 2)
        time.sleep(0.05)
        doubler.gate.set()
        assert [each.result(SECONDS) for each in asked] == [0, 2, 4]


def test_more_than_may_wait_are_refused(doubler: Doubler) -> None:
    batcher = Batcher(doubler.answer, places=3)
    doubler.gate.clear()
    with ThreadPoolExecutor(4) as callers:
        asked = [callers.submit(batcher.ask, 0)]
        assert doubler.is_begun.wait(SECONDS)
        asked += [callers.submit(batcher.ask, number) for number in (1, 2, 3)]
        until_waiting(batcher, 3)
        with pytest.raises(InferenceBusy, match=r"3 predictions wait already; the limit is 3\."):
            batcher.ask(4)
        doubler.gate.set()
        assert [each.result(SECONDS) for each in asked] == [0, 2, 4, 6]
    assert batcher.ask(5) == 10


def test_a_failure_is_told_to_all_who_asked_together_and_to_nobody_else(doubler: Doubler) -> None:
    batcher = Batcher(doubler.answer)
    doubler.gate.clear()
    with ThreadPoolExecutor(3) as callers:
        first = callers.submit(batcher.ask, 1)
        assert doubler.is_begun.wait(SECONDS)
        others = [callers.submit(batcher.ask, number) for number in (-1, 2)]
        until_waiting(batcher, 2)
        doubler.gate.set()
        assert first.result(SECONDS) == 2
        for other in others:
            with pytest.raises(ValueError, match="negative"):
                other.result(SECONDS)
    assert batcher.ask(3) == 6


def test_nobody_waits_for_ever(doubler: Doubler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.adapters.batching.PATIENCE_SECONDS", 0.1)
    batcher = Batcher(doubler.answer)
    doubler.gate.clear()
    with ThreadPoolExecutor(1) as callers:
        first = callers.submit(batcher.ask, 1)
        assert doubler.is_begun.wait(SECONDS)
        with pytest.raises(InferenceBusy):
            batcher.ask(2)
        doubler.gate.set()
        assert first.result(SECONDS) == 2
    assert doubler.batches == [[1]]
