from __future__ import annotations

from app.adapters.timing import REMEMBERED, Timing, resident_megabytes


def test_quantiles_are_of_the_last_times_and_the_mean_of_all() -> None:
    timing = Timing()
    assert timing.facts() == {"count": 0, "mean_ms": None, "p50_ms": None, "p95_ms": None, "p99_ms": None}
    for number in range(1, 101):
        timing.note(number / 1000)
    assert timing.facts() == {"count": 100, "mean_ms": 50.5, "p50_ms": 50.0, "p95_ms": 95.0, "p99_ms": 99.0}
    for _ in range(REMEMBERED):
        timing.note(0.001)
    facts = timing.facts()
    assert (facts["p50_ms"], facts["p99_ms"]) == (1.0, 1.0)
    assert facts["mean_ms"] > 1.0
    assert timing.count == REMEMBERED + 100


def test_memory_that_is_taken_is_seen() -> None:
    before = resident_megabytes()
    taken = bytearray(b"x") * 50_000_000
    assert 40 < resident_megabytes() - before < 70
    assert len(taken) == 50_000_000
