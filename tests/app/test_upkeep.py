"""What nobody asks for: hints repeated, blobs swept, health."""

from __future__ import annotations

from typing import Any

import pytest

from app import conversions, upkeep, work
from app.conversions import Order
from app.jobs import Job, new_job_id
from app.services import Services
from tests.fakes import FakeConverter
from tests.samples import logo_png
from tests.world import SOMEBODY, blob_keys, database_of, pass_time


def submitted(services: Services) -> Job:
    return conversions.submit(services, SOMEBODY, Order(logo_png(32)))[0]


def test_a_hint_that_got_lost_is_repeated_ever_more_seldom(services: Services) -> None:
    submitted(services)
    repeated = 0
    for _ in range(60):
        pass_time(database_of(services), 60)
        repeated += upkeep.relay(services)
    assert 4 <= repeated <= 6


def test_the_relay_stops_at_a_broker_that_is_away(services: Services) -> None:
    services.queue.is_away = True
    for _ in range(5):
        submitted(services)
    assert upkeep.relay(services) == 0


def test_blobs_of_no_job_are_swept_and_others_stay(services: Services) -> None:
    jobs = [submitted(services) for _ in range(3)]
    services.blobs.put(f"{new_job_id()}/picture", b"left by a web process that died")
    assert upkeep.sweep(services) == 0
    assert upkeep.sweep(services, after_seconds=-1.0) == 1
    assert blob_keys(services) == {job.picture_key for job in jobs}


def test_orphans_are_found_behind_any_number_of_jobs(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    job, orphan = submitted(services), new_job_id()
    services.blobs.put(f"{orphan}/picture", b"left behind")
    monkeypatch.setattr(services.blobs, "older_than", lambda _: [job.id] * 1000 + [orphan])
    assert upkeep.sweep(services) == 1


def test_what_a_lost_attempt_left_is_swept(services: Services) -> None:
    job = submitted(services)
    lost = services.jobs.claim(conversions.QUEUES, "dead", -1, 3)
    services.blobs.put(lost.drawing_key, b"written by a worker that died before it could say so")
    upkeep.reap(services)
    upkeep.sweep(services)
    assert lost.drawing_key in blob_keys(services)  # while the job may yet be done, nothing is touched
    work.perform(services, FakeConverter())
    done = services.jobs.get(job.id)
    services.blobs.put(done.key_of("pdf"), b"the drawing in another format")
    upkeep.sweep(services)
    assert blob_keys(services) == {job.picture_key, done.result_key, done.key_of("pdf")}


def test_a_fault_of_a_store_is_told_by_the_check(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        raise OSError("disk is gone")

    monkeypatch.setattr(services.blobs, "check", broken)
    assert upkeep.check(services) == {"database": None, "storage": "OSError"}
