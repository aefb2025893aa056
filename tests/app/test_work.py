"""The worker's side: every job ends well, or ends known."""

from __future__ import annotations

from typing import Any

import pytest

from app import conversions, upkeep, work
from app.conversions import Order
from app.errors import ConverterLost, ConverterUnready, PictureQuarantined, StoreAway
from app.jobs import Job, State
from app.services import Services
from svgai import Options
from svgai.errors import PictureCorrupt
from tests.fakes import SVG, BeatingConverter, FakeConverter
from tests.samples import logo_png
from tests.world import SOMEBODY, account_caller, blob_keys, database_of, pass_time, with_settings


def submitted(services: Services, **order: Any) -> Job:
    return conversions.submit(services, SOMEBODY, Order(logo_png(32), **order))[0]


def now(services: Services, job: Job) -> Job:
    return services.jobs.get(job.id)


def test_a_job_performed_has_its_drawing(services: Services) -> None:
    job = submitted(services)
    work.perform(services, FakeConverter())
    done = now(services, job)
    assert (done.state, done.attempts, done.percent) == (State.SUCCEEDED, 1, 100)
    assert conversions.read_drawing(services, done) == SVG


def test_each_queue_has_its_own_time(services: Services) -> None:
    converter = FakeConverter()
    for method in ("fast", "optimised", "refined"):
        submitted(services, options=Options(method=method))
        work.perform(services, converter)
    settings = services.settings
    times = [settings.fast_timeout_seconds, settings.conversion_timeout_seconds, settings.refined_timeout_seconds]
    assert converter.seconds == times


def test_performing_again_and_again_does_a_job_once(services: Services) -> None:
    submitted(services)
    converter = FakeConverter()
    for _ in range(3):
        work.perform(services, converter)
    assert len(converter.seen) == 1


def test_a_picture_that_cannot_be_converted_fails_with_its_reason_at_once(services: Services) -> None:
    job = submitted(services)
    work.perform(services, FakeConverter(PictureCorrupt("cut off")))
    failed = now(services, job)
    assert (failed.state, failed.attempts) == (State.FAILED, 1)
    assert failed.error == {"code": "picture.corrupt", "detail": "cut off"}


def test_a_lost_converter_means_another_try_and_at_last_a_failure(services: Services) -> None:
    job = submitted(services)
    for _ in range(services.settings.max_attempts):
        work.perform(services, FakeConverter(ConverterLost("SIGSEGV")))
    failed = now(services, job)
    assert (failed.state, failed.attempts) == (State.FAILED, 3)
    assert failed.error["code"] == "job.worker_crashed"
    assert len(services.queue.announced) == 3


def test_a_picture_that_takes_worker_after_worker_down_is_not_taken_in_again(services: Services) -> None:
    submitted(services)
    for _ in range(services.settings.max_attempts):
        work.perform(services, FakeConverter(ConverterLost("SIGSEGV")))
    with pytest.raises(PictureQuarantined):
        submitted(services, options=Options(precision=1))
    assert conversions.submit(services, SOMEBODY, Order(logo_png(48)))[0].state is State.QUEUED


@pytest.mark.parametrize("error", [StoreAway("disk full"), ConverterUnready("no process")])
def test_what_is_no_fault_of_the_picture_costs_no_attempt(services: Services, error: Exception) -> None:
    job = submitted(services)
    work.perform(services, FakeConverter(error))
    waiting = now(services, job)
    assert (waiting.state, waiting.attempts) == (State.QUEUED, 0)
    assert upkeep.relay(services) == 0  # not at once: times have to get better first


def test_progress_is_noted(services: Services) -> None:
    quick = with_settings(services, lease_seconds=0.2)
    job = submitted(quick)
    seen: list[tuple[str | None, int]] = []

    class Looking(BeatingConverter):
        def _happen(self) -> None:
            running = now(quick, job)
            seen.append((running.phase, running.percent))

    work.perform(quick, Looking(lasting=0.3))
    assert seen == [("fit_curves", 50)]


def test_a_job_that_is_not_wanted_any_more_is_stopped(services: Services) -> None:
    quick = with_settings(services, lease_seconds=0.2)
    job = submitted(quick)

    class Regretted(BeatingConverter):
        def convert(self, *arguments: Any) -> Any:
            conversions.cancel(quick, now(quick, job))
            return super().convert(*arguments)

    work.perform(quick, Regretted(lasting=5))
    assert now(quick, job).state is State.CANCELLED


def test_a_database_that_comes_back_in_time_costs_nothing(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = with_settings(services, lease_seconds=2)
    job = submitted(quick)
    extend, calls = quick.jobs.extend, []

    def flaky(*arguments: Any) -> Any:
        calls.append(1)
        if len(calls) < 2:
            raise StoreAway("away")
        return extend(*arguments)

    monkeypatch.setattr(quick.jobs, "extend", flaky)
    work.perform(quick, BeatingConverter(lasting=1.2))
    assert len(calls) >= 2
    assert now(quick, job).state is State.SUCCEEDED


def test_a_result_waits_for_a_database_that_is_away(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    job = submitted(services)
    succeed, calls = services.jobs.succeed, []

    def flaky(*arguments: Any) -> Any:
        calls.append(1)
        if len(calls) < 3:
            raise StoreAway("away")
        return succeed(*arguments)

    monkeypatch.setattr(services.jobs, "succeed", flaky)
    monkeypatch.setattr("time.sleep", lambda _: None)
    work.perform(services, FakeConverter())
    assert (now(services, job).state, now(services, job).attempts) == (State.SUCCEEDED, 1)


def test_a_database_that_stays_away_costs_the_lease(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = with_settings(services, lease_seconds=0.3)
    job = submitted(quick)

    def away(*_: Any) -> bool:
        raise StoreAway("away")

    monkeypatch.setattr(quick.jobs, "extend", away)
    work.perform(quick, BeatingConverter(lasting=5))
    assert now(quick, job).state is State.RUNNING  # until the schedule frees it


def test_a_worker_that_lost_its_lease_cannot_write(services: Services) -> None:
    """The one that comes late finds the job taken over and done; its own drawing goes nowhere."""
    job = submitted(services)

    def overtaken() -> None:
        pass_time(database_of(services), services.settings.lease_seconds + 1)
        upkeep.reap(services)
        work.perform(services, FakeConverter())

    work.perform(services, FakeConverter(overtaken))
    done = now(services, job)
    assert (done.state, done.attempts) == (State.SUCCEEDED, 2)
    assert {key for key in blob_keys(services) if key.endswith(".svg")} == {done.result_key}


def test_a_silent_worker_loses_its_job_to_another(services: Services) -> None:
    job = submitted(services)
    services.jobs.claim(conversions.QUEUES, "dead", 45, 3)
    pass_time(database_of(services), 44)
    assert upkeep.reap(services) == 0
    pass_time(database_of(services), 2)
    assert upkeep.reap(services) == 1
    assert upkeep.relay(services) == 1
    work.perform(services, FakeConverter())
    assert now(services, job).state is State.SUCCEEDED


def test_a_job_that_takes_every_worker_along_fails(services: Services) -> None:
    job = submitted(services)
    for _ in range(3):
        assert services.jobs.claim(conversions.QUEUES, "dead", 45, 3)
        pass_time(database_of(services), 46)
        upkeep.reap(services)
    assert now(services, job).state is State.FAILED
    assert now(services, job).error["code"] == "job.worker_crashed"
    with pytest.raises(PictureQuarantined):
        submitted(services)


def test_a_job_held_back_by_its_tenants_limit_is_announced_when_there_is_room(services: Services) -> None:
    caller = account_caller(running_jobs=1)
    first, _ = conversions.submit(services, caller, Order(logo_png(32)))
    second, _ = conversions.submit(services, caller, Order(logo_png(48)))
    outcomes: list[Any] = []

    def meanwhile() -> None:
        outcomes.append(work.perform(services, FakeConverter()))  # the second one's hint comes too early
        services.queue.announced.clear()

    work.perform(services, FakeConverter(meanwhile))
    assert outcomes == [None]
    assert services.queue.announced == [second.id]
    assert now(services, first).state is State.SUCCEEDED


def test_a_picture_that_vanished_fails_its_job(services: Services) -> None:
    job = submitted(services)
    services.blobs.remove(job.id)
    work.perform(services, FakeConverter())
    assert now(services, job).error["code"] == "job.picture_gone"


def test_a_result_whose_commit_was_answered_by_silence_is_kept(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was committed, and nobody said so: asked again, the database knows it for what it is."""
    monkeypatch.setattr(work.time, "sleep", lambda _: None)
    job, succeed = submitted(services), services.jobs.succeed
    silent = iter([True])

    def succeed_in_silence(*result: Any) -> bool:
        done = succeed(*result)
        if next(silent, False):
            raise StoreAway("the line broke")
        return done

    monkeypatch.setattr(services.jobs, "succeed", succeed_in_silence)
    work.perform(services, FakeConverter())
    done = now(services, job)
    assert done.state is State.SUCCEEDED
    assert conversions.read_drawing(services, done) == SVG
