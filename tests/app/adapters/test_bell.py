"""Hearing of a job's end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from app.adapters import bell as adapter
from app.adapters.bell import DatabaseBell
from app.adapters.database import Database
from app.adapters.jobs import DatabaseJobs
from app.conversions import QUEUES
from app.jobs import Job, new_job_id

PICTURE = {"sha256": "0" * 64, "bytes": 10, "format": "png", "width": 8, "height": 8}


@pytest.fixture
def bell(database: Database) -> Iterator[DatabaseBell]:
    """One that listens already, where it can."""
    made = DatabaseBell(database)
    until(lambda: hears(made) or database.engine.dialect.name == "sqlite")
    yield made
    made._stopped.set()


def hears(bell: DatabaseBell) -> bool:
    with bell.heard("nothing") as rung:
        return rung is not None


def until(holds: object) -> None:
    end = time.monotonic() + 10
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.01)


def ended(jobs: DatabaseJobs, job: Job) -> None:
    running = jobs.claim(QUEUES, "mine", 60, 3)
    assert running is not None
    assert running.id == job.id
    assert jobs.succeed(running, {}, "key")


def added(jobs: DatabaseJobs) -> Job:
    return jobs.add([Job(new_job_id(), "anon", "fast", {}, PICTURE)], 60)[0]


def only_postgresql(database: Database) -> None:
    if database.engine.dialect.name == "sqlite":
        pytest.skip("calls nothing out")


def test_the_end_of_a_job_is_heard_at_once(database: Database, bell: DatabaseBell) -> None:
    only_postgresql(database)
    jobs = DatabaseJobs(database)
    job, other = added(jobs), added(jobs)
    with bell.heard(job.id) as rung, bell.heard(other.id) as silent:
        assert rung is not None
        assert silent is not None
        assert not rung.is_set()
        began = time.monotonic()
        threading.Timer(0.2, ended, (jobs, job)).start()
        assert rung.wait(5)
        assert time.monotonic() - began < 2
        assert not silent.is_set()


def test_whoever_asks_a_moment_too_late_hears_it_too(database: Database, bell: DatabaseBell) -> None:
    only_postgresql(database)
    jobs = DatabaseJobs(database)
    job = added(jobs)
    ended(jobs, job)
    until(lambda: job.id in bell._ended)
    with bell.heard(job.id) as rung:
        assert rung is not None
        assert rung.is_set()


def test_a_bell_that_lost_its_connection_is_deaf_and_then_hears_again(
    database: Database, bell: DatabaseBell, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_postgresql(database)
    monkeypatch.setattr(adapter, "AGAIN_SECONDS", 0.3)
    with database.reading() as connection:
        others = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query ~ '^LISTEN'"
        )
        assert connection.execute(text(others)).all()
    until(lambda: not hears(bell))
    until(lambda: hears(bell))


def test_where_nothing_is_called_out_nothing_is_heard(database: Database, bell: DatabaseBell) -> None:
    assert hears(bell) == (database.engine.dialect.name == "postgresql")


def test_nobody_is_remembered_who_waits_no_more(database: Database, bell: DatabaseBell) -> None:
    for number in range(3):
        with bell.heard(f"job_{number}"):
            pass
    assert bell._waiting == {}
