"""One set of promises for every record of jobs: in memory, in SQLite and in PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from app.adapters.database import Database, DatabaseJobs, DatabaseRoster, metadata
from app.jobs import Job, Jobs, State, new_job_id
from tests.fakes import FakeJobs
from tests.servers import PostgresServer

MIGRATIONS = Path(__file__).parents[3] / "migrations"
KINDS = ["sqlite", "postgresql"]


def alembic_config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = url
    return config


def url_of(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if kind == "sqlite":
        return f"sqlite:///{tmp_path}/jobs.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.create_database("jobs").replace("postgresql://", "postgresql+psycopg2://")


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return url_of(request.param, request, tmp_path)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    command.upgrade(alembic_config(url), "head")
    made = Database(url)
    yield made
    made.engine.dispose()


@pytest.fixture(params=["fake", *KINDS])
def jobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Jobs]:
    if request.param == "fake":
        yield FakeJobs()
        return
    url = url_of(request.param, request, tmp_path)
    command.upgrade(alembic_config(url), "head")
    made = Database(url)
    yield DatabaseJobs(made)
    made.engine.dispose()


def add(jobs: Jobs, retention_seconds: float = 60) -> Job:
    picture = {"sha256": "0" * 64, "bytes": 1, "format": "PNG", "width": 1, "height": 1}
    return jobs.add(Job(new_job_id(), "standard", {"method": "auto"}, picture), retention_seconds)


def claim(jobs: Jobs, job: Job, token: str = "mine", lease_seconds: float = 60) -> Job:
    claimed = jobs.claim(job.id, token, lease_seconds, 3)
    assert claimed
    return claimed


def test_a_job_comes_back_as_it_was_added(jobs: Jobs) -> None:
    job = add(jobs)
    assert jobs.get(job.id) == job
    assert job.state is State.QUEUED
    assert job.created_at.utcoffset().total_seconds() == 0
    assert (job.expires_at - job.created_at).total_seconds() == pytest.approx(60, abs=0.1)


def test_an_unknown_job_is_none(jobs: Jobs) -> None:
    assert jobs.get("job_0") is None


def test_a_job_can_be_claimed_once(jobs: Jobs) -> None:
    job = add(jobs)
    claimed = claim(jobs, job)
    assert (claimed.state, claimed.attempts, claimed.lease_token) == (State.RUNNING, 1, "mine")
    assert jobs.claim(job.id, "theirs", 60, 3) is None


def test_only_the_holder_of_the_lease_changes_a_job(jobs: Jobs) -> None:
    job = claim(jobs, add(jobs), lease_seconds=-1)
    assert jobs.reap(3, {})[0] == [job.id]
    other = claim(jobs, job, "theirs")
    assert not jobs.extend(job, 60, "trace", 10)
    assert not jobs.succeed(job, {}, "key")
    assert not jobs.fail(job, {})
    assert not jobs.give_back(job)
    assert jobs.succeed(other, {"paths": 1}, "key")
    assert jobs.get(job.id).result == {"paths": 1}


def test_progress_is_kept_and_the_lease_extended(jobs: Jobs) -> None:
    job = claim(jobs, add(jobs), lease_seconds=-1)
    assert jobs.extend(job, 60, "trace", 40)
    assert (jobs.get(job.id).phase, jobs.get(job.id).percent) == ("trace", 40)
    assert jobs.reap(3, {}) == ([], [])


def test_a_final_job_never_changes_again(jobs: Jobs) -> None:
    job = claim(jobs, add(jobs))
    assert jobs.fail(job, {"code": "x"})
    assert not jobs.succeed(job, {}, "key")
    assert jobs.claim(job.id, "again", 60, 3) is None
    assert jobs.get(job.id).error == {"code": "x"}
    assert jobs.get(job.id).finished_at


def test_lost_jobs_are_freed_until_their_tries_are_used_up(jobs: Jobs) -> None:
    job = add(jobs)
    for _ in range(2):
        claim(jobs, job, lease_seconds=-1)
        assert jobs.reap(3, {"code": "x"}) == ([job.id], [])
    claim(jobs, job, lease_seconds=-1)
    assert jobs.reap(3, {"code": "x"}) == ([], [job.id])
    assert jobs.get(job.id).state is State.FAILED


def test_jobs_are_announced_once_and_again_when_their_time_has_come(jobs: Jobs) -> None:
    first, second = add(jobs), add(jobs)
    assert [job.id for job in jobs.unannounced(60, 10)] == [first.id, second.id]
    jobs.mark_announced(first.id)
    assert [job.id for job in jobs.unannounced(60, 10)] == [second.id]
    assert {job.id for job in jobs.unannounced(-1, 10)} == {first.id, second.id}
    assert len(list(jobs.unannounced(-1, 1))) == 1


def test_a_job_given_back_is_announced_anew(jobs: Jobs) -> None:
    job = add(jobs)
    jobs.mark_announced(job.id)
    assert jobs.give_back(claim(jobs, job))
    assert [due.id for due in jobs.unannounced(60, 10)] == [job.id]
    assert jobs.get(job.id).attempts == 1


def test_a_job_given_back_has_made_no_progress(jobs: Jobs) -> None:
    job = claim(jobs, add(jobs))
    assert jobs.extend(job, 60, "trace", 40)
    assert jobs.give_back(job)
    assert (jobs.get(job.id).phase, jobs.get(job.id).percent) == (None, 0)


def test_an_attempt_that_was_none_is_not_counted_and_the_job_waits(jobs: Jobs) -> None:
    job = claim(jobs, add(jobs))
    assert jobs.give_back(job, uncounted=True)
    assert (jobs.get(job.id).state, jobs.get(job.id).attempts) == (State.QUEUED, 0)
    assert list(jobs.unannounced(60, 10)) == []
    assert [due.id for due in jobs.unannounced(-1, 10)] == [job.id]


def test_jobs_that_a_lowered_limit_leaves_behind_are_ended(jobs: Jobs) -> None:
    job = add(jobs)
    for _ in range(2):
        assert jobs.give_back(claim(jobs, job))
    assert jobs.claim(job.id, "mine", 60, 2) is None
    assert jobs.reap(2, {"code": "x"}) == ([], [job.id])
    assert jobs.get(job.id).state is State.FAILED


def test_unfinished_jobs_are_counted_by_state(jobs: Jobs) -> None:
    claim(jobs, add(jobs))
    add(jobs)
    assert jobs.fail(claim(jobs, add(jobs)), {})
    assert jobs.count_unfinished() == {State.QUEUED: 1, State.RUNNING: 1}
    assert 0 <= jobs.oldest_queued_seconds() < 5


def test_expired_jobs_are_removed_unless_they_run(jobs: Jobs) -> None:
    kept, gone, running = add(jobs), add(jobs, -1), add(jobs, -1)
    claim(jobs, running)
    assert jobs.remove_expired(10) == [gone.id]
    assert jobs.known([kept.id, gone.id, running.id, "job_0"]) == {kept.id, running.id}


def test_what_strangers_put_into_their_files_can_be_kept(database: Database) -> None:
    jobs = DatabaseJobs(database)
    job = claim(jobs, add(jobs))
    assert jobs.succeed(
        job, {"warnings": ["GR\0Y \\u0000 \ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")]}, "key"
    )
    assert jobs.get(job.id).result == {"warnings": ["GR\N{REPLACEMENT CHARACTER}Y \\u0000 \U0001f600"]}


def test_of_many_that_claim_at_once_one_wins(database: Database) -> None:
    jobs = DatabaseJobs(database)
    job = add(jobs)
    won: list[Job] = []
    start = threading.Barrier(10)

    def race(token: str) -> None:
        start.wait()
        claimed = jobs.claim(job.id, token, 60, 3)
        if claimed:
            won.append(claimed)

    threads = [threading.Thread(target=race, args=(str(n),)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert jobs.get(job.id).attempts == 1


def test_many_writers_at_once_all_get_through(database: Database) -> None:
    jobs = DatabaseJobs(database)

    def write() -> None:
        for _ in range(10):
            jobs.succeed(claim(jobs, add(jobs, -1)), {}, "key")

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert jobs.count_unfinished() == {State.QUEUED: 0, State.RUNNING: 0}
    assert len(jobs.remove_expired(1000)) == 80


def test_workers_sign_in_and_out(database: Database) -> None:
    roster = DatabaseRoster(database)
    for name in ("1@host", "1@host", "2@host"):
        roster.sign_in(name)
    assert sorted(roster.present(60)) == ["1@host", "2@host"]
    assert roster.present(-1) == []
    roster.sign_out("1@host")
    assert roster.present(60) == ["2@host"]


def test_the_migrations_make_what_the_code_expects(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_every_migration_can_be_taken_back(url: str) -> None:
    config = alembic_config(url)
    command.upgrade(config, "head")
    command.downgrade(config, "base")
    made = Database(url)
    assert set(inspect(made.engine).get_table_names()) <= {"alembic_version"}
    made.engine.dispose()
    command.upgrade(config, "head")
    command.upgrade(config, "head")
