"""Predictions that are told again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from app.adapters.answered import Answered


def test_no_more_are_kept_than_there_is_room_for_and_those_unused_longest_go_first() -> None:
    known = Answered(most=3)
    for key in "abc":
        known.put(key, {"of": key})
    known.get("a")
    known.put("d", {"of": "d"})
    assert [known.get(key) for key in "abcd"] == [{"of": "a"}, None, {"of": "c"}, {"of": "d"}]
    assert known.facts()["entries"] == 3


def test_nothing_is_known_of_a_rate_before_the_first_question() -> None:
    assert Answered().facts()["hit_rate"] is None


def test_forgetting_keeps_the_counts() -> None:
    known = Answered()
    known.put("a", {})
    known.get("a")
    known.clear()
    assert (known.get("a"), known.facts()["hits"], known.facts()["misses"]) == (None, 1, 1)


def test_many_threads_lose_no_count() -> None:
    known = Answered(most=50)

    def ask(place: int) -> None:
        if known.get(place % 100) is None:
            known.put(place % 100, {"of": place % 100})

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(8000)))
    assert known.hits + known.misses == 8000
    assert known.facts()["entries"] == 50
