"""The quality record in both databases."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from app.adapters.database import Database
from app.adapters.records import DatabaseRecords
from app.jobs import new_job_id
from app.records import Record, summarise

TODAY = datetime(2026, 11, 20, 12, tzinfo=UTC)
EVER = date(2000, 1, 1)


@pytest.fixture
def records(database: Database) -> DatabaseRecords:
    return DatabaseRecords(database)


def record(**facts: object) -> Record:
    usual = Record(
        job_id=new_job_id(),
        tenant="acct_one",
        at=TODAY,
        asked="auto",
        width=64,
        height=48,
        bytes_in=1000,
        image_type="simple",
        confidence=0.9,
        advised_by="model",
        models={"predictor": "3"},
        features={"inks": 2.0},
        predictions={"fast": {"quality": 0.97}},
        tried=[{"method": "fast", "ssim": 0.96}],
        target=0.95,
        method="fast",
        predicted=0.97,
        ssim=0.96,
        delta_e=0.4,
        baseline_ssim=0.92,
        seconds=0.5,
        bytes_out=700,
        segments=12,
    )
    return replace(usual, **facts)  # type: ignore[arg-type]


def test_a_conversion_comes_back_as_it_was(records: DatabaseRecords) -> None:
    one, failed = record(), record(error="job.timed_out", image_type="unknown", method=None, ssim=None, target=None)
    assert records.add([one, failed]) == 2
    assert records.page(None, 10) == sorted([one, failed], key=lambda kept: kept.job_id)


def test_a_conversion_is_remembered_and_counted_once(records: DatabaseRecords) -> None:
    one, other = record(), record()
    assert [records.add([one]), records.add([one, other]), records.add([])] == [1, 1, 0]
    assert [tally.conversions for tally in records.tallies(EVER)] == [2]


def test_who_remember_the_same_at_once_count_it_once(records: DatabaseRecords) -> None:
    many = [record(method=method) for method in ("fast", "optimised", "refined") for _ in range(20)]
    threads = [threading.Thread(target=records.add, args=(many[::step],)) for step in (1, -1, 2, -2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [tally.conversions for tally in records.tallies(EVER)] == [20, 20, 20]


def test_tallies_tell_types_methods_advisers_and_days_apart(records: DatabaseRecords) -> None:
    kinds = [
        record(),
        record(image_type="text"),
        record(method="refined"),
        record(advised_by="rules"),
        record(at=TODAY - timedelta(days=1)),
    ]
    records.add(kinds)
    assert len(records.tallies(EVER)) == 5
    assert len(records.tallies(TODAY.date())) == 4


def test_a_summary_is_what_the_conversions_come_to(records: DatabaseRecords) -> None:
    records.add(
        [
            record(ssim=0.98, baseline_ssim=0.90, predicted=0.97, seconds=1.0),
            record(ssim=0.94, baseline_ssim=0.90, predicted=0.97, seconds=2.0),
            record(ssim=0.99, baseline_ssim=None, predicted=None, seconds=3.0, method="baseline"),
            record(error="job.timed_out", ssim=None, baseline_ssim=None, predicted=None, method=None, seconds=0.0),
        ]
    )
    baseline, fast, unknown = summarise(records.tallies(EVER))
    assert (fast.method, fast.conversions) == ("fast", 2)
    assert fast.ssim == pytest.approx(0.96)
    assert fast.improvement == pytest.approx(1 - (0.02 + 0.06) / 0.2)
    assert fast.prediction_error == pytest.approx(0.02)
    assert fast.seconds == pytest.approx(1.5)
    assert (fast.missed, fast.failed, fast.fell_back, fast.rating) == (0.5, 0, 0, None)
    assert (baseline.fell_back, baseline.improvement, baseline.prediction_error) == (1, None, None)
    assert (unknown.failed, unknown.ssim) == (1, None)


def test_what_people_say_is_noted_and_may_be_changed(records: DatabaseRecords) -> None:
    one, other = record(), record()
    records.add([one, other])
    records.rate(one.job_id, 2, "refined")
    records.rate(other.job_id, 5, None)
    records.rate(one.job_id, 4, None)
    records.rate(new_job_id(), 1, None)  # nobody knows it
    assert [(kept.rating, kept.preferred_method) for kept in records.page(None, 10)] == [(4, None), (5, None)]
    [summary] = summarise(records.tallies(EVER))
    assert (summary.rating, summary.conversions) == (4.5, 2)


def test_a_conversion_can_be_forgotten_but_stays_counted(records: DatabaseRecords) -> None:
    one = record()
    records.add([one])
    records.discard(one.job_id)
    assert records.page(None, 10) == []
    assert [tally.conversions for tally in records.tallies(EVER)] == [1]


def test_what_has_been_kept_for_long_enough_is_forgotten(records: DatabaseRecords) -> None:
    new, old = record(at=datetime.now(UTC)), record(at=datetime.now(UTC) - timedelta(days=3))
    records.add([new, old])
    assert records.forget(86_400 * 2, 100) == 1
    assert [kept.job_id for kept in records.page(None, 10)] == [new.job_id]


def test_predictors_are_counted_apart_each_where_it_advised_or_foretold_beside(records: DatabaseRecords) -> None:
    shadow = {"version": "3+1", "predicted": 0.93}
    records.add(
        [
            record(ssim=0.95, predicted=0.97, seconds=10.0, shadow=shadow),
            record(ssim=0.95, predicted=0.94, seconds=0.0, models={"predictor": "3+1"}),
            record(models={}),
            record(ssim=None, error="job.timeout"),
        ]
    )
    by = {(each.version, each.part): each for each in records.model_tallies(EVER)}
    assert set(by) == {("3", "served"), ("3+1", "served"), ("3+1", "shadow")}
    assert by["3", "served"].worth == pytest.approx(0.94)
    assert by["3", "served"].error == pytest.approx(0.02)
    assert by["3+1", "served"].error_squared == pytest.approx(0.0001)
    assert (by["3+1", "shadow"].error, by["3+1", "shadow"].gain) == (pytest.approx(0.02), pytest.approx(0.0, abs=1e-9))
    assert records.page(None, 10)[0].shadow == shadow


def test_tries_of_methods_are_counted_with_those_that_failed(records: DatabaseRecords) -> None:
    tried = [{"method": "fast", "failed": "too many curves"}, {"method": "baseline", "ssim": 0.9}]
    stopped = {"asked": "refined", "error": "job.timeout", "tried": [], "ssim": None}
    records.add(
        [record(tried=tried), record(tried=tried[1:]), record(**stopped), record(**stopped | {"asked": "auto"})]
    )
    assert records.tries(EVER) == {"fast": (1, 1), "baseline": (2, 0), "refined": (1, 1)}
    assert records.tries(date(2030, 1, 1)) == {}


def test_the_newest_are_found_and_what_is_new_is_counted(records: DatabaseRecords) -> None:
    many = [record(at=TODAY + timedelta(seconds=number)) for number in range(5)]
    records.add([*many, record(at=TODAY + timedelta(hours=1), error="job.timeout")])
    assert [kept.job_id for kept in records.latest(2)] == [many[4].job_id, many[3].job_id]
    assert records.count_since(many[2].at, 100) == 3
    assert (records.count_since(None, 100), records.count_since(None, 4)) == (6, 4)


def test_what_learning_asks_takes_no_longer_for_many_conversions(records: DatabaseRecords) -> None:
    for _ in range(8):
        records.add([record(at=TODAY + timedelta(seconds=number)) for number in range(250)])
    began = time.perf_counter()
    assert len(records.latest(50)) == 50
    assert records.count_since(None, 100) == 100
    assert records.model_tallies(EVER)[0].conversions == 2000
    assert time.perf_counter() - began < 0.5


def test_pages_go_on_where_the_one_before_ended(records: DatabaseRecords) -> None:
    many = [record() for _ in range(7)]
    records.add(many)
    seen: list[str] = []
    while page := records.page(seen[-1] if seen else None, 3):
        seen += [kept.job_id for kept in page]
    assert seen == [each.job_id for each in many]


def test_reports_need_no_longer_for_many_conversions(records: DatabaseRecords) -> None:
    """They read the tallies, of which there are as many as before."""
    records.add([record(method=method) for method in ("fast", "refined")])
    for _ in range(10):
        records.add([record(method=method) for method in ("fast", "refined") for _ in range(250)])
    began = time.perf_counter()
    found = records.tallies(EVER)
    assert time.perf_counter() - began < 0.5
    assert [tally.conversions for tally in found] == [2501, 2501]
