"""Whether one predictor does better than another, as far as numbers can say."""

from __future__ import annotations

import random
import statistics
from datetime import date

import pytest
from scipy.special import stdtr

from app.learning import Sample, above_nothing, compare, sample, trial
from app.records import ModelTally


def of(numbers: list[float]) -> Sample:
    return Sample(len(numbers), sum(numbers), sum(each * each for each in numbers))


def spread(mean: float, count: int, seed: int, deviation: float = 0.1) -> list[float]:
    chance = random.Random(seed)
    return [chance.gauss(mean, deviation) for _ in range(count)]


def test_a_difference_is_told_with_its_interval_and_what_chance_says() -> None:
    told = compare(of([0.9, 0.92] * 100), of([0.95, 0.97] * 100))
    assert told.difference == pytest.approx(0.05)
    assert told.low < 0.05 < told.high
    assert (told.verdict, told.conversions) == ("better", (200, 200))
    assert told.p < 1e-6
    assert compare(of([0.95, 0.97] * 100), of([0.9, 0.92] * 100)).verdict == "worse"


def test_what_chance_says_is_what_students_distribution_says_of_so_many() -> None:
    first, second = spread(0.9, 400, 1), spread(0.915, 300, 2, 0.2)
    told = compare(of(first), of(second))
    parts = [statistics.variance(each) / len(each) for each in (first, second)]
    error = sum(parts) ** 0.5
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / 399 + parts[1] ** 2 / 299)
    difference = statistics.mean(second) - statistics.mean(first)
    assert told.p == pytest.approx(2 * stdtr(freedom, -abs(difference) / error), abs=0.003)
    assert (told.difference, told.low) == pytest.approx((difference, difference - 1.96 * error), abs=1e-6)


def test_nothing_is_said_of_few() -> None:
    told = compare(of([0.1] * 99), of([0.9] * 500))
    assert (told.verdict, told.p, told.difference) == ("too few", None, None)
    assert above_nothing(of([0.1] * 29), 30).verdict == "too few"


def test_one_of_twenty_comparisons_of_the_same_finds_something() -> None:
    found = [compare(of(spread(0.9, 150, seed)), of(spread(0.9, 150, seed + 5000))).verdict for seed in range(1000)]
    assert 25 <= sum(verdict != "none seen" for verdict in found) <= 85


def test_what_never_varies_is_certain() -> None:
    assert compare(of([0.5] * 200), of([0.5] * 200)).verdict == "none seen"
    assert compare(of([0.5] * 200), of([0.6] * 200)).verdict == "better"


def tally(version: str, part: str, **sums: float) -> ModelTally:
    none = dict.fromkeys(("worth", "worth_squared", "error", "error_squared", "gain", "gain_squared"), 0.0)
    return ModelTally(date(2026, 11, 20), version, part, **{"conversions": 0} | none | sums)  # type: ignore[arg-type]


def test_tallies_of_several_days_are_one_sample() -> None:
    days = [tally("1", "served", conversions=3, error=0.3, error_squared=0.03), tally("1", "shadow", conversions=9)]
    assert sample([*days, days[0]], "1", "served", "error") == Sample(6, 0.6, 0.06)


def test_a_trial_tells_of_both_and_less_error_is_better() -> None:
    served = tally("1", "served", conversions=200, worth=180, worth_squared=162.2, error=10, error_squared=0.6)
    other = tally("1+1", "served", conversions=200, worth=180, worth_squared=162.2, error=4, error_squared=0.1)
    beside = tally("1+1", "shadow", conversions=200, gain=6, gain_squared=0.25)
    told = trial([served, other, beside], "1", "1+1")
    assert (told["gain"]["verdict"], told["worth"]["verdict"], told["error"]["verdict"]) == (
        "better",
        "none seen",
        "better",
    )
