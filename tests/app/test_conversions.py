from __future__ import annotations

from typing import Any

import pytest

from app import conversions
from app.conversions import Services
from app.errors import ConverterLost, ConverterUnready, JobFailed, JobNotFound, JobNotReady, QueueFull, StoreAway
from app.jobs import Job, State
from app.settings import Settings
from svgai import Options
from svgai.errors import PictureCorrupt, PictureTooManyPixels, PictureUnsupported
from tests.fakes import SVG, BeatingConverter, FakeConverter
from tests.samples import bomb_png, logo_png


def submitted(services: Services) -> Job:
    return conversions.submit(services, logo_png(32), Options())


def now(services: Services, job: Job) -> Job:
    return conversions.find(services, job.id)


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
        conversions.submit(services, data, Options())
    assert services.jobs.rows == {}
    assert services.blobs.kept == {}


def test_a_broker_that_is_away_does_not_hinder_taking_in(services: Services) -> None:
    services.queue.is_away = True
    job = submitted(services)
    services.queue.is_away = False
    assert conversions.relay(services) == 1
    assert services.queue.announced == [job.id]


def test_a_full_queue_refuses_before_anything_is_kept(services: Services, settings: Settings) -> None:
    full = Services(**{**vars(services), "settings": settings.model_copy(update={"max_queue_size": 2})})
    submitted(full)
    submitted(full)
    with pytest.raises(QueueFull, match=r"2 jobs .* limit is 2"):
        submitted(full)
    assert len(full.blobs.kept) == 2


def test_a_job_performed_has_its_drawing(services: Services) -> None:
    job = submitted(services)
    conversions.perform(services, job.id, FakeConverter())
    done = now(services, job)
    assert (done.state, done.attempts, done.percent) == (State.SUCCEEDED, 1, 100)
    assert conversions.read_drawing(services, done) == SVG


def test_performing_a_job_twice_does_it_once(services: Services) -> None:
    job, converter = submitted(services), FakeConverter()
    for _ in range(3):
        conversions.perform(services, job.id, converter)
    assert len(converter.seen) == 1


def test_performing_an_unknown_job_is_harmless(services: Services) -> None:
    conversions.perform(services, "job_unknown", FakeConverter())


def test_a_picture_that_cannot_be_converted_fails_with_its_reason_at_once(services: Services) -> None:
    job = submitted(services)
    conversions.perform(services, job.id, FakeConverter(PictureCorrupt("cut off")))
    failed = now(services, job)
    assert (failed.state, failed.attempts) == (State.FAILED, 1)
    assert failed.error == {"code": "picture.corrupt", "detail": "cut off"}
    with pytest.raises(JobFailed, match="cut off"):
        conversions.read_drawing(services, failed)


def test_a_lost_converter_means_another_try_and_at_last_a_failure(services: Services) -> None:
    job = submitted(services)
    for _ in range(services.settings.max_attempts):
        conversions.perform(services, job.id, FakeConverter(ConverterLost("SIGSEGV")))
    failed = now(services, job)
    assert (failed.state, failed.attempts) == (State.FAILED, 3)
    assert failed.error["code"] == "job.worker_crashed"
    assert len(services.queue.announced) == 3


def test_a_lost_converter_is_forgiven_when_the_next_is_luckier(services: Services) -> None:
    job = submitted(services)
    conversions.perform(services, job.id, FakeConverter(ConverterLost("SIGKILL")))
    conversions.perform(services, job.id, FakeConverter())
    assert now(services, job).state is State.SUCCEEDED


def test_nothing_to_convert_in_is_no_fault_of_the_picture(services: Services) -> None:
    job = submitted(services)
    for _ in range(5):
        conversions.perform(services, job.id, FakeConverter(ConverterUnready("no memory")))
    assert (now(services, job).state, now(services, job).attempts) == (State.QUEUED, 0)
    conversions.perform(services, job.id, FakeConverter())
    assert now(services, job).state is State.SUCCEEDED


def test_a_disk_that_is_full_for_a_moment_costs_no_job(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    job = submitted(services)

    def full(*_: Any) -> None:
        raise StoreAway("No space left on device")

    for method in ("put", "get"):
        with monkeypatch.context() as trouble:
            trouble.setattr(services.blobs, method, full)
            for _ in range(5):
                conversions.perform(services, job.id, FakeConverter())
    assert (now(services, job).state, now(services, job).attempts) == (State.QUEUED, 0)
    conversions.perform(services, job.id, FakeConverter())
    assert now(services, job).state is State.SUCCEEDED


@pytest.mark.parametrize("job_id", ["", "job_1", "../etc/passwd", "job_\0", "JOB_" + "0" * 36, "job_" + "0" * 37])
def test_an_id_that_is_none_is_never_asked_of_the_database(services: Services, job_id: str) -> None:
    services.jobs.get = None
    with pytest.raises(JobNotFound):
        conversions.find(services, job_id)


def test_a_database_that_is_away_for_a_moment_stops_no_conversion(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = Services(**{**vars(services), "settings": services.settings.model_copy(update={"lease_seconds": 0.4})})
    job = submitted(quick)
    extend, outages = quick.jobs.extend, iter([True, True, False])

    def flaky(*arguments: Any) -> bool:
        if next(outages, False):
            raise StoreAway("away")
        return extend(*arguments)

    monkeypatch.setattr(quick.jobs, "extend", flaky)
    conversions.perform(quick, job.id, BeatingConverter(seconds=0.5))
    assert now(quick, job).state is State.SUCCEEDED


def test_a_database_that_stays_away_costs_the_lease(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = Services(**{**vars(services), "settings": services.settings.model_copy(update={"lease_seconds": 0.3})})
    job = submitted(quick)

    def away(*_: Any) -> bool:
        raise StoreAway("away")

    monkeypatch.setattr(quick.jobs, "extend", away)
    conversions.perform(quick, job.id, BeatingConverter(seconds=5))
    assert now(quick, job).state is State.RUNNING  # until the schedule frees it


def test_a_worker_that_lost_its_lease_cannot_write(services: Services) -> None:
    """The one that comes late finds the job taken over and done; its own drawing goes nowhere."""
    job = submitted(services)

    def overtaken() -> None:
        services.jobs.pass_time(services.settings.lease_seconds + 1)
        conversions.reap(services)
        conversions.perform(services, job.id, FakeConverter())

    conversions.perform(services, job.id, FakeConverter(overtaken))
    done = now(services, job)
    assert (done.state, done.attempts) == (State.SUCCEEDED, 2)
    written = [key for key in services.blobs.kept if key.endswith(".svg")]
    assert len(written) == 2  # each attempt has a file of its own ...
    assert done.result_key == written[0]  # ... and the one that held the lease is the result


def test_a_silent_worker_loses_its_job_to_another(services: Services) -> None:
    job = submitted(services)
    services.jobs.claim(job.id, "dead", 45, 3)
    services.jobs.pass_time(44)
    assert conversions.reap(services) == 0
    services.jobs.pass_time(2)
    assert conversions.reap(services) == 1
    assert conversions.relay(services) == 1
    conversions.perform(services, job.id, FakeConverter())
    assert now(services, job).state is State.SUCCEEDED


def test_a_job_that_takes_every_worker_along_fails(services: Services) -> None:
    job = submitted(services)
    for _ in range(3):
        assert services.jobs.claim(job.id, "dead", 45, 3)
        services.jobs.pass_time(46)
        conversions.reap(services)
    assert now(services, job).state is State.FAILED
    assert now(services, job).error["code"] == "job.worker_crashed"


def test_a_hint_that_got_lost_is_repeated_ever_more_seldom(services: Services) -> None:
    submitted(services)
    repeated = 0
    for _ in range(60):
        services.jobs.pass_time(60)
        repeated += conversions.relay(services)
    assert 4 <= repeated <= 6


def test_the_relay_stops_at_a_broker_that_is_away(services: Services) -> None:
    services.queue.is_away = True
    for _ in range(5):
        submitted(services)
    assert conversions.relay(services) == 0


def test_a_result_that_is_not_there_yet_is_an_error_of_its_own(services: Services) -> None:
    with pytest.raises(JobNotReady):
        conversions.read_drawing(services, submitted(services))


def test_what_is_old_is_forgotten_with_all_its_files(services: Services) -> None:
    job = submitted(services)
    conversions.perform(services, job.id, FakeConverter())
    services.jobs.pass_time(24 * 3600 - 10)
    assert conversions.forget(services) == 0
    services.jobs.pass_time(20)
    assert conversions.forget(services) == 1
    assert services.blobs.kept == {}
    with pytest.raises(JobNotFound):
        conversions.find(services, job.id)


def test_blobs_of_no_job_are_swept_and_others_stay(services: Services) -> None:
    job = submitted(services)
    services.blobs.put("job_orphan/picture", b"left by a web process that died")
    services.blobs.old = [job.id, "job_orphan"]
    assert conversions.sweep(services) == 1
    assert list(services.blobs.kept) == [job.picture_key]


def test_orphans_are_found_behind_any_number_of_jobs(services: Services) -> None:
    job = submitted(services)
    services.blobs.put("job_orphan/picture", b"left behind")
    services.blobs.old = [job.id] * 1000 + ["job_orphan"]
    assert conversions.sweep(services) == 1


def test_a_picture_that_vanished_fails_its_job(services: Services) -> None:
    job = submitted(services)
    services.blobs.remove(job.id)
    conversions.perform(services, job.id, FakeConverter())
    assert now(services, job).state is State.FAILED


def test_a_fault_of_a_store_is_told_by_the_check(services: Services) -> None:
    def broken() -> Any:
        raise OSError("disk is gone")

    services.blobs.check = broken
    assert conversions.check(services) == {"database": None, "storage": "OSError"}
