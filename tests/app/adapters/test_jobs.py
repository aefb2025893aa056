"""The promises of the record of jobs, in SQLite and in PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.adapters import jobs as adapter
from app.adapters.database import Database
from app.adapters.jobs import DatabaseJobs
from app.adapters.tables import events, feedback
from app.adapters.tables import jobs as table
from app.errors import TooManyJobs
from app.jobs import ALLOWED, Batch, Feedback, Job, Lease, Repeated, Replay, Selection, State, new_id, new_job_id
from tests.world import pass_time

QUEUES = ("fast", "standard", "refined")


def at_once(do: Callable[[Any], object], arguments: Iterable[Any]) -> None:
    """Do something with each argument, all beginning at the same time; the first fault is raised here."""
    arguments = list(arguments)
    start = threading.Barrier(len(arguments))
    faults: list[Exception] = []

    def run(argument: Any) -> None:
        start.wait()
        try:
            do(argument)
        except Exception as fault:  # noqa: BLE001 - raised again below
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(argument,)) for argument in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]


@pytest.fixture
def jobs(database: Database) -> DatabaseJobs:
    return DatabaseJobs(database)


PICTURE = {"sha256": "0" * 64, "bytes": 1, "format": "PNG", "width": 1, "height": 1}


def new(tenant: str = "acc_one", queue: str = "standard", **more: Any) -> Job:
    return Job(new_job_id(), tenant, queue, {"method": "auto"}, PICTURE, **more)


def add(jobs: DatabaseJobs, retention_seconds: float = 60, **more: Any) -> Job:
    [job] = jobs.add([new(**more)], retention_seconds)
    return job


def claim(jobs: DatabaseJobs, token: str = "mine", lease_seconds: float = 60) -> Job:
    claimed = jobs.claim(QUEUES, token, lease_seconds, 3)
    assert claimed
    return claimed


def reaped(jobs: DatabaseJobs, max_attempts: int = 3) -> tuple[list[str], list[str]]:
    again, ended = jobs.reap(max_attempts, {"code": "x"})
    return [job.id for job in again], [job.id for job in ended]


def claimed(jobs: DatabaseJobs, retention_seconds: float = 60, **lease: Any) -> Job:
    add(jobs, retention_seconds)
    return claim(jobs, **lease)


def test_a_job_comes_back_as_it_was_added(jobs: DatabaseJobs) -> None:
    job = add(jobs)
    assert jobs.get(job.id) == job
    assert job.state is State.QUEUED
    assert job.created_at.utcoffset().total_seconds() == 0
    assert (job.expires_at - job.created_at).total_seconds() == pytest.approx(60, abs=0.1)


def test_an_unknown_job_is_none(jobs: DatabaseJobs) -> None:
    assert jobs.get("job_0") is None


def test_a_job_that_is_cancelled_while_it_is_being_claimed_is_not_begun(
    jobs: DatabaseJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled, next_one = add(jobs), add(jobs)
    jobs.ask_to_cancel(cancelled.id)
    nobody = update(table).where(table.c.id == cancelled.id, table.c.state == State.QUEUED)
    seen = iter([nobody.values(state=State.RUNNING).returning(*adapter.COLUMNS)])  # as it was a moment ago
    claiming = adapter._claiming
    monkeypatch.setattr(adapter, "_claiming", lambda *asked: next(seen, claiming(*asked)))
    assert claim(jobs).id == next_one.id
    assert jobs.get(cancelled.id).state is State.CANCELLED


def test_a_job_can_be_claimed_once(jobs: DatabaseJobs) -> None:
    job = claimed(jobs)
    assert (job.state, job.attempts, job.lease_token) == (State.RUNNING, 1, "mine")
    assert jobs.claim(QUEUES, "theirs", 60, 3) is None


def test_only_the_holder_of_the_lease_changes_a_job(jobs: DatabaseJobs) -> None:
    job = claimed(jobs, lease_seconds=-1)
    assert [freed.id for freed in jobs.reap(3, {})[0]] == [job.id]
    other = claim(jobs, "theirs")
    assert jobs.extend(job, 60, "trace", 10) is Lease.LOST
    assert not jobs.succeed(job, {}, "key")
    assert not jobs.fail(job, {})
    assert not jobs.give_back(job)
    assert jobs.succeed(other, {"paths": 1}, "key")
    assert jobs.get(job.id).result == {"paths": 1}


def test_progress_is_kept_and_the_lease_extended(jobs: DatabaseJobs) -> None:
    job = claimed(jobs, lease_seconds=-1)
    assert jobs.extend(job, 60, "trace", 40) is Lease.HELD
    assert (jobs.get(job.id).phase, jobs.get(job.id).percent) == ("trace", 40)
    assert jobs.reap(3, {}) == ([], [])


def test_a_final_job_never_changes_again(jobs: DatabaseJobs) -> None:
    job = claimed(jobs)
    assert jobs.fail(job, {"code": "x"})
    assert not jobs.succeed(job, {}, "key")
    assert jobs.claim(QUEUES, "again", 60, 3) is None
    assert jobs.get(job.id).error == {"code": "x"}
    assert jobs.get(job.id).finished_at


def test_lost_jobs_are_freed_until_their_tries_are_used_up(jobs: DatabaseJobs) -> None:
    job = add(jobs)
    for _ in range(2):
        claim(jobs, lease_seconds=-1)
        assert reaped(jobs) == ([job.id], [])
    claim(jobs, lease_seconds=-1)
    assert reaped(jobs) == ([], [job.id])
    assert jobs.get(job.id).state is State.FAILED


def test_a_job_that_could_not_be_announced_is_announced_at_once(jobs: DatabaseJobs) -> None:
    first, second = add(jobs), add(jobs)
    assert list(jobs.unannounced(60, 10)) == []
    for job in (first, second):
        jobs.mark_unannounced(job.id)
    assert [job.id for job in jobs.unannounced(60, 10)] == [first.id, second.id]
    jobs.mark_announced(first.id)
    assert [job.id for job in jobs.unannounced(60, 10)] == [second.id]
    assert {job.id for job in jobs.unannounced(-1, 10)} == {first.id, second.id}
    assert len(list(jobs.unannounced(-1, 1))) == 1


def test_a_job_given_back_is_announced_anew(jobs: DatabaseJobs) -> None:
    job = add(jobs)
    jobs.mark_announced(job.id)
    assert jobs.give_back(claim(jobs))
    assert [due.id for due in jobs.unannounced(60, 10)] == [job.id]
    assert jobs.get(job.id).attempts == 1


def test_a_job_given_back_has_made_no_progress(jobs: DatabaseJobs) -> None:
    job = claimed(jobs)
    assert jobs.extend(job, 60, "trace", 40) is Lease.HELD
    assert jobs.give_back(job)
    assert (jobs.get(job.id).phase, jobs.get(job.id).percent) == (None, 0)


def test_an_attempt_that_was_none_is_not_counted_and_the_job_waits(jobs: DatabaseJobs) -> None:
    job = claimed(jobs)
    assert jobs.give_back(job, uncounted=True)
    assert (jobs.get(job.id).state, jobs.get(job.id).attempts) == (State.QUEUED, 0)
    assert list(jobs.unannounced(60, 10)) == []
    assert [due.id for due in jobs.unannounced(-1, 10)] == [job.id]


def test_jobs_that_a_lowered_limit_leaves_behind_are_ended(jobs: DatabaseJobs) -> None:
    job = add(jobs)
    for _ in range(2):
        assert jobs.give_back(claim(jobs))
    assert jobs.claim(QUEUES, "mine", 60, 2) is None
    assert reaped(jobs, 2) == ([], [job.id])
    assert jobs.get(job.id).state is State.FAILED


def test_unfinished_jobs_are_counted_by_state(jobs: DatabaseJobs) -> None:
    claimed(jobs)
    add(jobs)
    assert jobs.fail(claimed(jobs), {})
    assert jobs.count_unfinished() == {State.QUEUED: 1, State.RUNNING: 1}
    assert 0 <= jobs.oldest_queued_seconds() < 5


def test_what_strangers_put_into_their_files_can_be_kept(jobs: DatabaseJobs) -> None:
    job = claimed(jobs)
    assert jobs.succeed(
        job, {"warnings": ["GR\0Y \\u0000 \ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")]}, "key"
    )
    assert jobs.get(job.id).result == {"warnings": ["GR\N{REPLACEMENT CHARACTER}Y \\u0000 \U0001f600"]}


def test_of_many_that_claim_at_once_one_wins(jobs: DatabaseJobs) -> None:
    job = add(jobs)
    won: list[Job] = []

    def race(token: str) -> None:
        taken = jobs.claim(QUEUES, token, 60, 3)
        if taken:
            won.append(taken)

    at_once(race, [str(number) for number in range(10)])
    assert len(won) == 1
    assert jobs.get(job.id).attempts == 1


def test_many_writers_at_once_all_get_through(jobs: DatabaseJobs) -> None:

    def write(_: int) -> None:
        for _ in range(10):
            assert jobs.succeed(claimed(jobs, -1), {}, "key")

    at_once(write, range(8))
    assert jobs.count_unfinished() == {State.QUEUED: 0, State.RUNNING: 0}
    assert len(jobs.expire(1000)) == 80


# --- turns


def test_tenants_take_turns_however_many_jobs_one_hands_in(jobs: DatabaseJobs) -> None:
    for _ in range(10):
        add(jobs, tenant="acc_flood")
    for _ in range(3):
        claim(jobs)
    add(jobs, tenant="acc_one")
    assert "acc_one" in {claim(jobs).tenant for _ in range(2)}


def test_those_who_come_at_once_are_served_one_after_the_other(jobs: DatabaseJobs) -> None:
    for tenant in ("acc_a", "acc_a", "acc_a", "acc_b", "acc_b", "acc_b"):
        add(jobs, tenant=tenant)
    order = [claim(jobs).tenant[-1] for _ in range(6)]
    assert order == ["a", "b", "a", "b", "a", "b"]


def test_a_refined_job_takes_more_of_its_tenants_turn(jobs: DatabaseJobs) -> None:
    add(jobs, tenant="acc_a", queue="refined")
    add(jobs, tenant="acc_a", queue="fast")
    for _ in range(10):
        add(jobs, tenant="acc_b", queue="fast")
    order = "".join(claim(jobs).tenant[-1] for _ in range(12))
    assert order == "abbbbbbbbbba"


def test_a_worker_takes_only_from_its_queues(jobs: DatabaseJobs) -> None:
    add(jobs, queue="refined")
    assert jobs.claim(["fast", "standard"], "mine", 60, 3) is None
    assert jobs.claim(["refined"], "mine", 60, 3)


def test_no_tenant_has_more_running_than_it_may(jobs: DatabaseJobs) -> None:
    for _ in range(5):
        add(jobs, at_once=2)
    add(jobs, tenant="acc_other", at_once=adapter.SEVERAL + 1)
    won: list[Job] = []
    at_once(lambda token: won.extend(filter(None, [jobs.claim(QUEUES, token, 60, 3)])), [str(n) for n in range(6)])
    assert sorted(job.tenant for job in won) == ["acc_one", "acc_one", "acc_other"]
    [running] = [job for job in won if job.tenant == "acc_other"]
    assert jobs.succeed(running, {}, "key")
    assert jobs.held_back(running) is None
    [first, _] = [job for job in won if job.tenant == "acc_one"]
    assert jobs.fail(first, {})
    assert jobs.held_back(first).state is State.QUEUED


def test_a_refined_job_that_ends_makes_room_for_the_next(jobs: DatabaseJobs) -> None:
    add(jobs, queue="refined")
    running = claim(jobs)
    waiting = add(jobs, tenant="acc_other", queue="refined")
    assert jobs.succeed(running, {}, "key")
    assert jobs.held_back(running).id == waiting.id


@pytest.mark.parametrize("at", ["noon", "midnight"])
def test_no_tenant_has_more_unfinished_than_it_may(
    jobs: DatabaseJobs, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if at == "midnight":  # some are counted in one day, some in the next, and nobody waits for the other there
        monkeypatch.setattr(adapter, "_count_accepted", lambda *_: None)
    outcomes: list[str] = []

    def hand_in(_: int) -> None:
        try:
            jobs.add([new()], 60, at_most=5)
            outcomes.append("taken")
        except TooManyJobs as error:
            outcomes.append(f"refused at {error.limit}")

    at_once(hand_in, range(12))
    assert sorted(outcomes) == ["refused at 5"] * 7 + ["taken"] * 5
    jobs.add([new(tenant="acc_other")], 60, at_most=5)
    with pytest.raises(TooManyJobs, match="limit of 5"):
        jobs.add([new(tenant="acc_other") for _ in range(5)], 60, at_most=5)


# --- asking twice


def replay(subject: str, fingerprint: str = "f", key: str = "k", tenant: str = "acc_one") -> Replay:
    return Replay(tenant, "/api/v1/jobs", key, fingerprint, subject)


def test_the_same_key_makes_one_job_however_many_ask_at_once(jobs: DatabaseJobs) -> None:
    made: list[str] = []
    repeated: list[str] = []

    def hand_in(_: int) -> None:
        job = new()
        try:
            jobs.add([job], 60, replay=replay(job.id))
            made.append(job.id)
        except Repeated as error:
            repeated.append(error.replay.subject)

    at_once(hand_in, range(20))
    assert len(made) == 1
    assert repeated == made * 19
    assert jobs.replay(replay("")).subject == made[0]
    assert len(jobs.page(Selection("acc_one"))) == 1


def test_a_key_is_its_tenants_own_and_forgotten_after_a_day(jobs: DatabaseJobs, database: Database) -> None:
    job = new()
    jobs.add([job], 60, replay=replay(job.id))
    assert jobs.replay(replay("", tenant="acc_other")) is None
    pass_time(database, 24 * 3600 + 1)
    assert jobs.replay(replay("")) is None
    other = new()
    jobs.add([other], 60, replay=replay(other.id, "another"))
    assert jobs.replay(replay("")).fingerprint == "another"


def test_a_job_that_is_refused_leaves_its_key_free(jobs: DatabaseJobs) -> None:
    with pytest.raises(TooManyJobs):
        jobs.add([new()], 60, at_most=0, replay=replay("job"))
    assert jobs.replay(replay("")) is None


# --- listing


def test_jobs_are_listed_by_page_the_newest_first(jobs: DatabaseJobs) -> None:
    ids = [add(jobs).id for _ in range(5)]
    add(jobs, tenant="acc_other")
    first = jobs.page(Selection("acc_one", limit=3))
    assert [job.id for job in first] == sorted(ids, reverse=True)[:3]
    rest = jobs.page(Selection("acc_one", limit=3, before=first[-1].id))
    assert [job.id for job in rest] == sorted(ids, reverse=True)[3:]


def test_jobs_are_listed_by_what_is_known_of_them(jobs: DatabaseJobs) -> None:
    noted = add(jobs, metadata={"order": "42", "it's": "odd"})
    done = add(jobs, tenant="acc_two")
    assert [job.id for job in jobs.page(Selection("acc_one", metadata={"order": "42", "it's": "odd"}))] == [noted.id]
    assert jobs.page(Selection("acc_one", metadata={"order": "41"})) == []
    assert jobs.page(Selection("acc_one", states=[State.RUNNING])) == []
    assert [job.id for job in jobs.page(Selection("acc_two", states=[State.QUEUED]))] == [done.id]
    assert jobs.page(Selection("acc_one", created_after=noted.created_at + timedelta(seconds=1))) == []


def test_a_batch_has_its_jobs(jobs: DatabaseJobs) -> None:
    batch = Batch(new_id("batch"), "acc_one", {"a": "b"})
    jobs.add([new(batch_id=batch.id) for _ in range(3)], 60, batch=batch)
    found = jobs.batch(batch.id)
    assert (found.tenant, found.metadata, found.expires_at > found.created_at) == ("acc_one", {"a": "b"}, True)
    assert len(jobs.page(Selection("acc_one", batch_id=batch.id))) == 3
    assert jobs.batch("batch_0") is None


# --- changing one's mind


def test_a_waiting_job_is_cancelled_at_once(jobs: DatabaseJobs) -> None:
    job = jobs.ask_to_cancel(add(jobs).id)
    assert (job.state, job.finished_at is not None) == (State.CANCELLED, True)
    assert jobs.claim(QUEUES, "mine", 60, 3) is None


def test_a_running_job_is_cancelled_by_its_worker(jobs: DatabaseJobs) -> None:
    job = claimed(jobs)
    assert jobs.ask_to_cancel(job.id).state is State.RUNNING
    assert jobs.extend(job, 60, None, 0) is Lease.CANCEL_ASKED
    assert jobs.cancel(job)
    assert jobs.get(job.id).state is State.CANCELLED


def test_a_running_job_whose_worker_is_gone_is_cancelled_by_the_reaper(jobs: DatabaseJobs) -> None:
    job = claimed(jobs, lease_seconds=-1)
    jobs.ask_to_cancel(job.id)
    assert reaped(jobs) == ([], [])
    assert jobs.get(job.id).state is State.CANCELLED


def test_what_has_ended_cannot_be_cancelled(jobs: DatabaseJobs) -> None:
    job = claimed(jobs)
    assert jobs.succeed(job, {}, "key")
    assert jobs.ask_to_cancel(job.id).state is State.SUCCEEDED
    assert jobs.ask_to_cancel("job_0") is None


def test_a_deleted_job_leaves_nothing_unless_it_runs(jobs: DatabaseJobs, database: Database) -> None:
    job = claimed(jobs)
    assert jobs.delete(job.id).state is State.RUNNING
    assert jobs.get(job.id)
    assert jobs.succeed(job, {}, "key")
    jobs.add_feedback(jobs.get(job.id), Feedback(5))
    jobs.delete(job.id)
    assert jobs.get(job.id) is None
    assert jobs.delete(job.id) is None
    with database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(feedback)) == 0
        assert connection.scalar(select(func.count()).select_from(events)) == 0


# --- what happened


def test_every_change_of_state_is_an_event_along_an_allowed_way(jobs: DatabaseJobs) -> None:
    job = add(jobs)
    assert jobs.give_back(claim(jobs))
    running = claim(jobs)
    jobs.extend(running, 60, "trace", 40)
    assert jobs.succeed(running, {"seconds": {"a": 1.0}}, "key")
    happened = jobs.events(job.id)
    states = [event.state for event in happened]
    assert states == [State.QUEUED, State.RUNNING, State.QUEUED, State.RUNNING, State.SUCCEEDED]
    assert all(after in ALLOWED[before] for before, after in zip([None, *states], states, strict=False))
    versions = [event.version for event in happened]
    assert versions == sorted(set(versions))
    assert versions[-1] == jobs.get(job.id).version
    assert [event.state for event in jobs.events(job.id, versions[-2])] == [State.SUCCEEDED]


def test_a_job_known_from_the_cache_is_done_when_it_comes(jobs: DatabaseJobs) -> None:
    done = new(state=State.SUCCEEDED, is_cached=True, result={"paths": 1}, result_key="k")
    [job] = jobs.add([done], 60, at_most=0)
    assert (job.state, job.is_cached, job.percent) == (State.SUCCEEDED, True, 100)
    assert job.finished_at
    assert jobs.count_unfinished()[State.QUEUED] == 0
    assert [(day["accepted"], day["succeeded"], day["cached"]) for day in jobs.usage("acc_one", 10)] == [(1, 1, 1)]


def test_usage_is_counted_by_day(jobs: DatabaseJobs) -> None:
    assert jobs.succeed(claimed(jobs), {"seconds": {"a": 1.5, "b": 0.5}}, "key")
    assert jobs.fail(claimed(jobs), {"code": "x"})
    jobs.ask_to_cancel(add(jobs).id)
    add(jobs, tenant="acc_other")
    [day] = jobs.usage("acc_one", 30)
    counted = {name: day[name] for name in ("accepted", "succeeded", "failed", "cancelled", "bytes_in", "seconds")}
    assert counted == {
        "accepted": 3,
        "succeeded": 1,
        "failed": 1,
        "cancelled": 1,
        "bytes_in": 3,
        "seconds": pytest.approx(2.0),
    }


def test_feedback_replaces_what_was_said_before(jobs: DatabaseJobs, database: Database) -> None:
    job = claimed(jobs)
    jobs.add_feedback(job, Feedback(2, "fast", "too rough"))
    jobs.add_feedback(job, Feedback(4))
    with database.reading() as connection:
        [row] = connection.execute(select(feedback)).all()
    assert (row.rating, row.comment, row.facts["picture"]) == (4, None, PICTURE)


# --- forgetting


def test_expired_jobs_keep_only_their_name_unless_they_run(jobs: DatabaseJobs) -> None:
    running = claimed(jobs, -1)
    kept, gone = add(jobs), add(jobs, -1)
    assert jobs.expire(10) == [gone.id]
    left = jobs.get(gone.id)
    assert (left.state, left.picture, left.options, left.result) == (State.EXPIRED, {}, {}, None)
    assert jobs.known([kept.id, gone.id, running.id, "job_0"]) == {kept.id, running.id}
    assert jobs.page(Selection("acc_one", states=[State.EXPIRED])) == []
    assert jobs.purge(3600, 10) == 0
    assert jobs.purge(-1, 10) == 1
    assert jobs.get(gone.id) is None
