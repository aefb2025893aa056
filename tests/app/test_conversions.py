"""Handing in, asking, and changing one's mind."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app import conversions, upkeep, work
from app.adapters.jobs import DatabaseJobs
from app.conversions import QUEUES, Order, Promise
from app.errors import (
    BatchNotFound,
    IdempotencyMismatch,
    JobCancelled,
    JobExpired,
    JobFailed,
    JobNotFound,
    JobNotReady,
    JobRunning,
    QueueFull,
    StoreAway,
    TooManyJobs,
)
from app.jobs import Feedback, Job, Kind, Selection, State
from app.services import Services
from svgai import Options
from svgai.errors import PictureCorrupt, PictureTooManyPixels, PictureUnsupported
from tests.fakes import ADVICE, SVG, FakeConverter
from tests.samples import bomb_png, logo_png
from tests.svgai.ml.models import furnish
from tests.world import SOMEBODY, account_caller, blob_keys, database_of, pass_time, with_settings

ONE, OTHER = account_caller("one"), account_caller("other")


def submitted(services: Services, size: int = 32, caller: Any = SOMEBODY, **order: Any) -> Job:
    return conversions.submit(services, caller, Order(logo_png(size), **order))[0]


def now(services: Services, job: Job) -> Job:
    return services.jobs.get(job.id)


def test_a_picture_handed_in_is_kept_recorded_and_announced(services: Services) -> None:
    job = submitted(services)
    assert services.blobs.get(job.picture_key) == logo_png(32)
    assert now(services, job).state is State.QUEUED
    assert services.queue.announced == [job.id]
    assert (job.picture["format"], job.picture["width"]) == ("PNG", 32)


@pytest.mark.parametrize(
    ("data", "error"),
    [(b"hello", PictureUnsupported), (logo_png(32)[:20], PictureCorrupt), (bomb_png(), PictureTooManyPixels)],
)
def test_what_is_no_picture_leaves_no_trace(services: Services, data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        conversions.submit(services, SOMEBODY, Order(data))
    assert services.jobs.page(Selection(SOMEBODY.tenant)) == []
    assert blob_keys(services) == set()


@pytest.mark.parametrize(
    ("size", "method", "queue"),
    [
        (32, "fast", "fast"),
        (32, "baseline", "fast"),
        (32, "auto", "standard"),
        (32, "optimised", "standard"),
        (32, "refined", "refined"),
        (1100, "fast", "standard"),
    ],
)
def test_jobs_are_queued_by_effort(services: Services, size: int, method: str, queue: str) -> None:
    assert submitted(services, size, options=Options(method=method)).queue == queue


def test_a_broker_that_is_away_does_not_hinder_taking_in(services: Services) -> None:
    services.queue.is_away = True
    job = submitted(services)
    services.queue.is_away = False
    assert upkeep.relay(services) == 1
    assert services.queue.announced == [job.id]


def test_a_full_queue_refuses_before_anything_is_kept(services: Services) -> None:
    full = with_settings(services, max_queue_size=2)
    submitted(full)
    submitted(full)
    with pytest.raises(QueueFull, match=r"2 jobs .* limit is 2"):
        submitted(full)
    assert len(blob_keys(full)) == 2


def test_a_tenant_with_as_many_jobs_as_it_may_have_leaves_no_picture_behind(services: Services) -> None:
    caller = account_caller(unfinished_jobs=1)
    submitted(services, caller=caller)
    with pytest.raises(TooManyJobs) as refused:
        submitted(services, caller=caller)
    assert (refused.value.limit, refused.value.actual) == (1, 2)
    assert len(blob_keys(services)) == 1


def test_whose_job_is_done_may_hand_in_the_next_at_once(services: Services) -> None:
    """What this process remembers of a moment ago must not speak against it; the worker is another process."""
    caller, worker = account_caller(unfinished_jobs=1), DatabaseJobs(database_of(services))
    for _ in range(5):
        job = submitted(services, caller=caller)
        claimed = worker.claim(QUEUES, "token", 60, 3)
        assert claimed and claimed.id == job.id
        assert worker.fail(claimed, {})


def test_whoever_was_refused_is_not_looked_into_again_at_once(services: Services, monkeypatch: Any) -> None:
    caller = account_caller(unfinished_jobs=1)
    submitted(services, caller=caller)
    with pytest.raises(TooManyJobs):  # found where the job was to be written
        submitted(services, caller=caller)
    monkeypatch.setattr(services.jobs, "add", lambda *_, **__: pytest.fail("it came as far as this"))
    with pytest.raises(TooManyJobs):
        submitted(services, caller=caller)


def test_a_database_that_is_away_leaves_the_picture_to_be_swept(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows whether the job was committed: its picture must not go before that is known."""

    def away(*_: Any, **__: Any) -> None:
        raise StoreAway("away")

    monkeypatch.setattr(services.jobs, "add", away)
    with pytest.raises(StoreAway):
        submitted(services)
    assert len(blob_keys(services)) == 1


# --- asking twice


def test_the_same_request_twice_makes_one_job(services: Services) -> None:
    promise = Promise("/api/v1/jobs", "order-1")
    first, is_repeated = conversions.submit(services, ONE, Order(logo_png(32)), promise)
    again, is_repeated_again = conversions.submit(services, ONE, Order(logo_png(32)), promise)
    assert (again.id, is_repeated, is_repeated_again) == (first.id, False, True)
    assert len(blob_keys(services)) == 1
    with pytest.raises(IdempotencyMismatch, match="order-1"):
        conversions.submit(services, ONE, Order(logo_png(48)), promise)
    with pytest.raises(IdempotencyMismatch):
        conversions.submit(services, ONE, Order(logo_png(32), Options(precision=1)), promise)
    other, _ = conversions.submit(services, OTHER, Order(logo_png(48)), promise)
    assert other.id != first.id


def test_one_who_loses_the_race_for_a_key_gets_the_winners_job(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    promise = Promise("/api/v1/jobs", "order-1")
    first, _ = conversions.submit(services, ONE, Order(logo_png(32)), promise)
    monkeypatch.setattr(services.jobs, "replay", lambda _: None)  # as if both had looked at the same time
    again, is_repeated = conversions.submit(services, ONE, Order(logo_png(32)), promise)
    assert (again.id, is_repeated) == (first.id, True)
    assert {key.partition("/")[0] for key in blob_keys(services)} == {first.id}


# --- reuse


def test_what_was_done_before_is_not_done_again(services: Services) -> None:
    work.perform(services, FakeConverter()) if submitted(services, caller=ONE) else None
    again = submitted(services, caller=ONE)
    assert (again.state, again.is_cached, again.result["paths"]) == (State.SUCCEEDED, True, 1)
    assert conversions.read_drawing(services, again) == SVG
    assert len(services.queue.announced) == 1
    assert not submitted(services, caller=ONE, options=Options(precision=1)).is_cached
    assert not submitted(services, caller=OTHER).is_cached


@pytest.mark.parametrize("kind", [Kind.CONVERT, Kind.ADVISE])
def test_what_other_models_advised_is_not_an_answer(services: Services, tmp_path: Path, kind: Kind) -> None:
    settled = with_settings(services, models_dir=tmp_path / "models")
    furnish(tmp_path / "models", version="1")
    submitted(settled, kind=kind)
    work.perform(settled, FakeConverter())
    assert submitted(settled, kind=kind).is_cached
    furnish(tmp_path / "models", version="2")
    assert not submitted(settled, kind=kind).is_cached
    assert not submitted(with_settings(settled, ai_enabled=False), kind=kind).is_cached
    furnish(tmp_path / "models", version="1")
    assert submitted(settled, kind=kind).is_cached
    (tmp_path / "models" / "metadata.json").unlink()
    assert not submitted(settled, kind=kind).is_cached


def test_what_was_deleted_is_not_known_any_more(services: Services) -> None:
    job = submitted(services, caller=ONE)
    work.perform(services, FakeConverter())
    conversions.delete(services, now(services, job))
    assert blob_keys(services) == set()
    assert not submitted(services, caller=ONE).is_cached
    with pytest.raises(JobNotFound):
        conversions.find(services, ONE, job.id)


# --- whose is whose


def test_another_tenants_job_is_as_unknown_as_one_that_never_was(services: Services) -> None:
    job = submitted(services, caller=ONE)
    assert conversions.find(services, ONE, job.id).id == job.id
    unknown = "job_" + "0" * 36
    for caller in (OTHER, SOMEBODY):
        with pytest.raises(JobNotFound) as foreign:
            conversions.find(services, caller, job.id)
        with pytest.raises(JobNotFound) as never:
            conversions.find(services, caller, unknown)
        assert str(foreign.value).replace(job.id, "x") == str(never.value).replace(unknown, "x")


def test_a_strangers_job_is_for_whoever_has_its_id(services: Services) -> None:
    job = submitted(services)
    elsewhere = replace(SOMEBODY, tenant="anon_fedcba9876543210")
    assert conversions.find(services, elsewhere, job.id).id == job.id


# --- batches


def test_a_batch_is_taken_in_whole_or_not_at_all(services: Services) -> None:
    orders = [Order(logo_png(size), metadata={"name": str(size)}) for size in (16, 24, 32)]
    batch, _ = conversions.submit_batch(services, ONE, orders, {"order": "7"})
    found, jobs = conversions.find_batch(services, ONE, batch.id)
    assert found.metadata == {"order": "7"}
    assert [job.metadata["name"] for job in jobs] == ["16", "24", "32"]
    with pytest.raises(BatchNotFound):
        conversions.find_batch(services, OTHER, batch.id)
    kept = blob_keys(services)
    with pytest.raises(PictureUnsupported):
        conversions.submit_batch(services, ONE, [Order(logo_png(16)), Order(b"nonsense")], {})
    with pytest.raises(TooManyJobs):
        conversions.submit_batch(services, account_caller("few", unfinished_jobs=2), orders, {})
    assert blob_keys(services) == kept


def test_the_same_batch_twice_is_one(services: Services) -> None:
    promise = Promise("/api/v1/batches", "b")
    orders = [Order(logo_png(16)), Order(logo_png(24))]
    first, _ = conversions.submit_batch(services, ONE, orders, {}, promise)
    again, is_repeated = conversions.submit_batch(services, ONE, orders, {}, promise)
    assert (again.id, is_repeated) == (first.id, True)
    with pytest.raises(IdempotencyMismatch):
        conversions.submit_batch(services, ONE, orders[::-1], {}, promise)


# --- lists


def test_a_list_comes_in_pages(services: Services) -> None:
    ids = [submitted(services, caller=ONE).id for _ in range(5)]
    seen: list[str] = []
    last: str | None = None
    while True:
        page, last = conversions.page(services, Selection(ONE.tenant, limit=2, before=last))
        seen += [job.id for job in page]
        if last is None:
            break
    assert seen == sorted(ids, reverse=True)


# --- results


def test_a_result_that_is_not_there_is_an_error_of_its_own(services: Services) -> None:
    job = submitted(services)
    with pytest.raises(JobNotReady):
        conversions.read_drawing(services, job)
    work.perform(services, FakeConverter(PictureCorrupt("cut off")))
    with pytest.raises(JobFailed, match="cut off"):
        conversions.read_drawing(services, now(services, job))
    with pytest.raises(JobCancelled):
        conversions.read_drawing(services, conversions.cancel(services, submitted(services)))


def test_another_format_is_made_when_it_is_wanted(services: Services) -> None:
    job = submitted(services)
    work.perform(services, FakeConverter())
    job = now(services, job)
    assert conversions.read_export(services, job, "pdf") is None
    conversions.ask_for_export(services, job, "pdf")
    [(job_id, form)] = services.queue.exports
    for _ in range(2):
        work.export(services, FakeConverter(), job_id, form)
    assert conversions.read_export(services, job, "pdf") == f"pdf of {len(SVG)} bytes".encode()


def test_a_format_that_cannot_be_made_says_why(services: Services) -> None:
    job = submitted(services)
    work.perform(services, FakeConverter())
    work.export(services, FakeConverter(PictureTooManyPixels("too wide", limit=5)), job.id, "png")
    with pytest.raises(Exception, match="too wide") as refused:
        conversions.read_export(services, now(services, job), "png")
    assert refused.value.limit == 5


def test_advice_is_a_job_too_and_a_quick_one(services: Services) -> None:
    wishes = Options(quality_target=98, time_budget=5, method="refined", precision=4)
    job = submitted(services, 1100, kind=Kind.ADVISE, options=wishes)
    assert (job.queue, job.options) == ("fast", {"quality_target": 98, "time_budget": 5})
    work.perform(services, FakeConverter())
    done = now(services, job)
    assert (done.state, done.result["advice"]) == (State.SUCCEEDED, ADVICE)
    assert json.loads(conversions.read_drawing(services, done)) == ADVICE
    # What makes no difference to advice is no reason to look again.
    assert submitted(services, 1100, kind=Kind.ADVISE, options=replace(wishes, precision=1)).is_cached


def test_an_analysis_is_a_job_too(services: Services) -> None:
    job = submitted(services, kind=Kind.ANALYZE)
    work.perform(services, FakeConverter())
    done = now(services, job)
    assert (done.queue, done.state, done.result["analysis"]) == ("fast", State.SUCCEEDED, {"inks": []})
    assert json.loads(conversions.read_drawing(services, done)) == {"inks": []}
    assert done.result_key.endswith(".json")


# --- changing one's mind


def test_a_waiting_job_is_cancelled_at_once(services: Services) -> None:
    job = conversions.cancel(services, submitted(services))
    assert job.state is State.CANCELLED
    assert conversions.cancel(services, job).state is State.CANCELLED
    assert work.perform(services, FakeConverter()) is None


def test_a_running_job_can_be_cancelled_but_not_deleted(services: Services) -> None:
    job = submitted(services)
    outcomes: list[Any] = []

    def meanwhile() -> None:
        running = now(services, job)
        with pytest.raises(JobRunning):
            conversions.delete(services, running)
        outcomes.append(conversions.cancel(services, running).state)

    work.perform(services, FakeConverter(meanwhile))
    assert outcomes == [State.RUNNING]


def test_feedback_is_for_results(services: Services) -> None:
    job = submitted(services)
    with pytest.raises(JobNotReady):
        conversions.give_feedback(services, job, Feedback(5))
    work.perform(services, FakeConverter())
    conversions.give_feedback(services, now(services, job), Feedback(5, "fast", "fine"))


def test_an_expired_job_says_so_and_keeps_nothing(services: Services) -> None:
    job = submitted(services)
    work.perform(services, FakeConverter())
    pass_time(database_of(services), 24 * 3600 - 10)
    assert upkeep.forget(services) == 0
    pass_time(database_of(services), 20)
    assert upkeep.forget(services) == 1
    assert blob_keys(services) == set()
    with pytest.raises(JobExpired, match="24 hours"):
        conversions.find(services, SOMEBODY, job.id)
    pass_time(database_of(services), upkeep.NAMES_KEPT_SECONDS)
    upkeep.forget(services)
    with pytest.raises(JobNotFound):
        conversions.find(services, SOMEBODY, job.id)
