"""The promises of the record of endpoints and deliveries, in SQLite and in PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from app.adapters.database import Database
from app.adapters.jobs import DatabaseJobs
from app.adapters.tables import deliveries
from app.adapters.tables import jobs as table
from app.adapters.webhooks import AT_ONCE_PER_ENDPOINT, DatabaseWebhooks, write_news
from app.errors import TooManyWebhooks
from app.jobs import Batch, Job, State, new_id, new_job_id
from app.webhooks import EVENTS, LEASE_SECONDS, Claim, Delivery, Endpoint, Fate, Outcome
from tests.world import pass_time

PICTURE = {"sha256": "0" * 64, "bytes": 1, "format": "PNG", "width": 1, "height": 1}
DELIVERED = Outcome({"status": 200}, Fate.DELIVERED)
GONE = Outcome({"status": 410}, Fate.FAILED, is_gone=True)
LAST_FAILURE = Outcome({"status": 500}, Fate.FAILED)


def failure(wait_seconds: float = 5.0) -> Outcome:
    return Outcome({"status": 500}, Fate.PENDING, wait_seconds)


@pytest.fixture
def webhooks(database: Database) -> DatabaseWebhooks:
    return DatabaseWebhooks(database)


@pytest.fixture
def jobs(database: Database) -> DatabaseJobs:
    return DatabaseJobs(database)


def add(webhooks: DatabaseWebhooks, tenant: str = "acc_one", **more: Any) -> Endpoint:
    return webhooks.add(Endpoint(new_id("hook"), tenant, "https://example.com/hook", **more), at_most=10)


def send(webhooks: DatabaseWebhooks, endpoint: Endpoint, event: str = "job.succeeded") -> Delivery:
    return webhooks.send(endpoint.id, event, new_job_id(), {"id": "job_1"})


def claim(webhooks: DatabaseWebhooks, delivery: Delivery) -> Claim:
    claimed = webhooks.claim(delivery.id, LEASE_SECONDS)
    assert claimed
    return claimed


def again(webhooks: DatabaseWebhooks, delivery: Delivery) -> Delivery:
    found = webhooks.delivery(delivery.id)
    assert found
    return found


def endpoint_again(webhooks: DatabaseWebhooks, endpoint: Endpoint) -> Endpoint:
    found = webhooks.get(endpoint.id)
    assert found
    return found


def all_at_once(*calls: Callable[[], Any]) -> list[Any]:
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def running(jobs: DatabaseJobs, batch: Batch | None = None, count: int = 1, tenant: str = "acc_one") -> list[Job]:
    new = [
        Job(new_job_id(), tenant, "standard", {}, PICTURE, batch_id=batch and batch.id, metadata={"order": "42"})
        for _ in range(count)
    ]
    jobs.add(new, 60, batch=batch)
    claimed = [jobs.claim(["standard"], f"token {number}", 45, 3) for number in range(count)]
    return [job for job in claimed if job]


def sent_to(webhooks: DatabaseWebhooks, endpoint: Endpoint) -> list[tuple[str, str]]:
    return [(delivery.event, delivery.subject) for delivery in webhooks.deliveries(endpoint.id, 100)]


# --- endpoints


def test_an_endpoint_is_kept_as_it_was_given(webhooks: DatabaseWebhooks) -> None:
    endpoint = add(webhooks, events=["job.failed"], description="mine")
    assert webhooks.get(endpoint.id) == endpoint
    assert (endpoint.events, endpoint.description, endpoint.generation) == (["job.failed"], "mine", 1)
    assert webhooks.get("hook_unknown") is None


def test_a_tenant_has_ten_at_most_however_many_come_at_once(webhooks: DatabaseWebhooks) -> None:
    def try_to_add() -> bool:
        try:
            add(webhooks)
        except TooManyWebhooks:
            return False
        return True

    assert sum(all_at_once(*[try_to_add] * 14)) == 10
    assert len(webhooks.of_tenant("acc_one")) == 10
    add(webhooks, tenant="acc_two")
    assert len(webhooks.of_tenant("acc_two")) == 1


def test_only_what_is_named_changes(webhooks: DatabaseWebhooks) -> None:
    endpoint = add(webhooks, description="before")
    changed = webhooks.change(endpoint.id, {"description": "after"})
    assert changed
    assert (changed.description, changed.url, changed.events) == ("after", endpoint.url, list(EVENTS))
    assert webhooks.change(endpoint.id, {}) == changed
    assert webhooks.change("hook_unknown", {"description": "after"}) is None


def test_what_waits_for_an_endpoint_that_is_disabled_fails_and_nothing_new_comes(
    webhooks: DatabaseWebhooks, jobs: DatabaseJobs
) -> None:
    endpoint = add(webhooks)
    delivery = send(webhooks, endpoint)
    disabled = webhooks.change(endpoint.id, {}, enabled=False)
    assert disabled
    assert disabled.disabled_at
    assert disabled.disabled_reason == "Its owner disabled it."
    assert again(webhooks, delivery).state is Fate.FAILED
    [job] = running(jobs)
    assert jobs.succeed(job, {}, "key")
    assert len(webhooks.deliveries(endpoint.id, 10)) == 1
    assert webhooks.due(10) == []
    enabled = webhooks.change(endpoint.id, {}, enabled=True)
    assert enabled
    assert (enabled.disabled_at, enabled.disabled_reason) == (None, None)
    assert webhooks.due(10) == []


def test_a_delivery_that_slipped_in_while_the_endpoint_was_disabled_is_not_made(webhooks: DatabaseWebhooks) -> None:
    endpoint = add(webhooks)
    webhooks.change(endpoint.id, {}, enabled=False)
    delivery = send(webhooks, endpoint)
    assert webhooks.due(10) == []
    assert webhooks.claim(delivery.id, LEASE_SECONDS) is None


def test_rotation_counts_and_knows_when_it_was(webhooks: DatabaseWebhooks) -> None:
    rotated = webhooks.rotate(add(webhooks).id)
    assert rotated
    assert rotated.generation == 2
    assert rotated.rotated_at
    assert abs(datetime.now(UTC) - rotated.rotated_at) < timedelta(seconds=5)
    assert webhooks.rotate("hook_unknown") is None


def test_an_endpoint_goes_with_all_that_was_sent_to_it(webhooks: DatabaseWebhooks) -> None:
    endpoint, other = add(webhooks), add(webhooks)
    gone, kept = send(webhooks, endpoint), send(webhooks, other)
    webhooks.remove(endpoint.id)
    assert webhooks.get(endpoint.id) is None
    assert webhooks.delivery(gone.id) is None
    assert webhooks.delivery(kept.id)


# --- news


def test_the_end_of_a_job_is_told_once_to_each_endpoint_that_wants_to_know(
    webhooks: DatabaseWebhooks, jobs: DatabaseJobs
) -> None:
    told, deaf = add(webhooks), add(webhooks, events=["job.failed"])
    other = add(webhooks, tenant="acc_two")
    [job] = running(jobs)
    assert jobs.succeed(job, {"method": "auto"}, "key")
    assert jobs.succeed(job, {"method": "auto"}, "key")  # whose answer may have been lost
    assert not jobs.succeed(job, {"method": "auto"}, "another")
    assert sent_to(webhooks, told) == [("job.succeeded", job.id)]
    assert sent_to(webhooks, deaf) == sent_to(webhooks, other) == []
    [delivery] = webhooks.deliveries(told.id, 10)
    assert delivery.data["metadata"] == {"order": "42"}
    assert delivery.data["url"] == f"/api/v1/jobs/{job.id}"


def test_an_attempt_that_is_tried_again_is_no_news(webhooks: DatabaseWebhooks, jobs: DatabaseJobs) -> None:
    endpoint = add(webhooks)
    [job] = running(jobs)
    assert jobs.give_back(job)
    assert sent_to(webhooks, endpoint) == []


def test_a_job_that_two_workers_end_at_once_is_told_once(webhooks: DatabaseWebhooks, jobs: DatabaseJobs) -> None:
    endpoint = add(webhooks)
    [job] = running(jobs)
    succeed = [lambda key=key: jobs.succeed(job, {}, key) for key in "abcd"]  # each worker's key is its own
    ended = all_at_once(*succeed, *[lambda: jobs.fail(job, {"code": "x"})] * 4)
    assert sum(ended) == 1
    assert len(sent_to(webhooks, endpoint)) == 1


def test_a_batch_is_told_once_when_its_last_jobs_end_at_the_same_time(
    webhooks: DatabaseWebhooks, jobs: DatabaseJobs
) -> None:
    endpoint = add(webhooks)
    for _ in range(8):
        batch = Batch(new_id("batch"), "acc_one", {"album": "1"})
        first, second, third = running(jobs, batch, 3)
        assert jobs.fail(first, {"code": "picture.corrupt", "detail": "broken"})
        assert ("batch.completed", batch.id) not in sent_to(webhooks, endpoint)
        all_at_once(lambda job=second: jobs.succeed(job, {}, "a"), lambda job=third: jobs.succeed(job, {}, "b"))  # type: ignore[misc]
        assert sent_to(webhooks, endpoint)[0] == ("batch.completed", batch.id)
    assert len(sent_to(webhooks, endpoint)) == 8
    [*_, oldest] = webhooks.deliveries(endpoint.id, 100)
    assert oldest.data["jobs"] == {"succeeded": 2, "failed": 1}


def test_a_batch_is_told_when_neither_of_its_last_two_jobs_could_see_the_other_end(
    webhooks: DatabaseWebhooks, jobs: DatabaseJobs, database: Database
) -> None:
    if database.engine.dialect.name == "sqlite":
        pytest.skip("has one writer at a time")
    endpoint, batch = add(webhooks), Batch(new_id("batch"), "acc_one")
    first, second = running(jobs, batch, 2)

    def end(connection: Connection, job: Job) -> None:
        change = update(table).where(table.c.id == job.id)
        connection.execute(change.values(state="succeeded", version=table.c.version + 1))
        write_news(connection, job)

    def end_second() -> None:
        with database.writing() as connection:
            end(connection, second)

    other = threading.Thread(target=end_second)
    with database.writing() as connection:
        end(connection, first)
        other.start()
        other.join(0.5)  # it cannot end before this transaction does
    other.join()
    assert sent_to(webhooks, endpoint) == [("batch.completed", batch.id)]


def test_a_batch_is_told_once_when_one_transaction_ends_several_of_its_jobs(
    webhooks: DatabaseWebhooks, jobs: DatabaseJobs, database: Database
) -> None:
    endpoint = add(webhooks)
    known, lost = Batch(new_id("batch"), "acc_one"), Batch(new_id("batch"), "acc_one")
    done = [
        Job(new_job_id(), "acc_one", "fast", {}, PICTURE, batch_id=known.id, state=State.SUCCEEDED, result={})
        for _ in range(3)
    ]
    jobs.add(done, 60, batch=known)
    assert sent_to(webhooks, endpoint) == [("batch.completed", known.id)]
    running(jobs, lost, 3)
    pass_time(database, 60)
    jobs.reap(1, {"code": "job.worker_crashed"})
    assert sent_to(webhooks, endpoint)[:-1] == [("batch.completed", lost.id)]


# --- deliveries


def test_one_worker_gets_the_attempt(webhooks: DatabaseWebhooks) -> None:
    delivery = send(webhooks, add(webhooks))
    claims = [one for one in all_at_once(*[lambda: webhooks.claim(delivery.id, LEASE_SECONDS)] * 8) if one]
    assert len(claims) == 1
    assert claims[0].delivery.attempts == 1
    assert claims[0].endpoint.id == delivery.endpoint_id
    assert abs(datetime.now(UTC) - claims[0].at) < timedelta(seconds=5)


def test_the_next_is_what_has_been_due_longest_and_nobody_gets_it_twice(
    webhooks: DatabaseWebhooks, database: Database
) -> None:
    endpoint, other = add(webhooks), add(webhooks)
    send(webhooks, other)
    first = send(webhooks, endpoint)
    pass_time(database, 5)
    sent = [first, *(send(webhooks, endpoint) for _ in range(5))]
    claimed = webhooks.claim_next(endpoint.id, LEASE_SECONDS)
    assert claimed
    assert claimed.delivery.id == first.id
    rest = [one for one in all_at_once(*[lambda: webhooks.claim_next(endpoint.id, LEASE_SECONDS)] * 5) if one]
    rest += iter(lambda: webhooks.claim_next(endpoint.id, LEASE_SECONDS), None)  # SQLite has one writer at a time
    assert sorted(one.delivery.id for one in rest) == sorted(delivery.id for delivery in sent[1:])
    assert webhooks.claim_next(endpoint.id, LEASE_SECONDS) is None


def test_an_attempt_that_nobody_notes_is_made_again_under_the_same_id(
    webhooks: DatabaseWebhooks, database: Database
) -> None:
    delivery = send(webhooks, add(webhooks))
    lost = claim(webhooks, delivery)
    pass_time(database, LEASE_SECONDS - 5)
    assert webhooks.due(10) == []
    assert webhooks.claim(delivery.id, LEASE_SECONDS) is None
    pass_time(database, 6)
    second = claim(webhooks, delivery)
    assert second.delivery.attempts == 2
    assert not webhooks.settle(lost, failure())
    assert webhooks.settle(second, DELIVERED)
    assert again(webhooks, delivery).log == [{"status": 200}]


def test_what_arrived_is_not_sent_again(webhooks: DatabaseWebhooks) -> None:
    delivery = send(webhooks, add(webhooks))
    claimed = claim(webhooks, delivery)
    assert webhooks.settle(claimed, DELIVERED)
    assert not webhooks.settle(claimed, failure())
    ended = again(webhooks, delivery)
    assert (ended.state, ended.due_at) == (Fate.DELIVERED, None)
    assert ended.finished_at
    assert webhooks.due(10) == []
    assert webhooks.claim(delivery.id, LEASE_SECONDS) is None


def test_what_failed_is_due_when_it_was_said(webhooks: DatabaseWebhooks, database: Database) -> None:
    delivery = send(webhooks, add(webhooks))
    webhooks.settle(claim(webhooks, delivery), failure(300))
    assert webhooks.due(10) == []
    pass_time(database, 290)
    assert webhooks.due(10) == []
    pass_time(database, 11)
    assert [hint for hint, _ in webhooks.due(10)] == [delivery.id]


def test_what_is_put_off_comes_back(webhooks: DatabaseWebhooks, database: Database) -> None:
    delivery = send(webhooks, add(webhooks))
    webhooks.put_off(delivery.id, 2)
    assert webhooks.due(10) == []
    pass_time(database, 3)
    assert webhooks.due(10)
    assert claim(webhooks, delivery).delivery.attempts == 1
    webhooks.put_off(delivery.id, 2)  # somebody has it
    pass_time(database, 3)
    assert webhooks.due(10) == []


def test_a_long_queue_of_one_endpoint_does_not_hide_the_others(webhooks: DatabaseWebhooks, database: Database) -> None:
    busy, quiet = add(webhooks), add(webhooks)
    for _ in range(AT_ONCE_PER_ENDPOINT + 5):
        send(webhooks, busy)
    pass_time(database, 60)
    last = send(webhooks, quiet)
    due = [hint for hint, _ in webhooks.due(1000)]
    assert len(due) == AT_ONCE_PER_ENDPOINT + 1
    assert due[-1] == last.id
    assert len(webhooks.due(3)) == 3


def test_deliveries_are_paged_the_newest_first(webhooks: DatabaseWebhooks) -> None:
    endpoint, other = add(webhooks), add(webhooks)
    send(webhooks, other)
    ids = sorted((send(webhooks, endpoint).id for _ in range(5)), reverse=True)
    first = [delivery.id for delivery in webhooks.deliveries(endpoint.id, 2)]
    rest = [delivery.id for delivery in webhooks.deliveries(endpoint.id, 10, before=first[-1])]
    assert first + rest == ids


# --- what attempts say of their endpoint


def test_an_endpoint_that_is_gone_is_disabled_with_all_that_waits_for_it(webhooks: DatabaseWebhooks) -> None:
    endpoint = add(webhooks)
    first, second = send(webhooks, endpoint), send(webhooks, endpoint)
    webhooks.settle(claim(webhooks, first), GONE)
    assert "410" in str(endpoint_again(webhooks, endpoint).disabled_reason)
    assert again(webhooks, first).state is again(webhooks, second).state is Fate.FAILED
    assert webhooks.due(10) == []


def test_a_success_ends_the_time_of_failure(webhooks: DatabaseWebhooks) -> None:
    endpoint = add(webhooks)
    webhooks.settle(claim(webhooks, send(webhooks, endpoint)), failure())
    since = endpoint_again(webhooks, endpoint).failing_since
    assert since
    webhooks.settle(claim(webhooks, send(webhooks, endpoint)), failure())
    assert endpoint_again(webhooks, endpoint).failing_since == since
    webhooks.settle(claim(webhooks, send(webhooks, endpoint)), DELIVERED)
    assert endpoint_again(webhooks, endpoint).failing_since is None


@pytest.mark.parametrize(("days", "is_disabled"), [(4.9, False), (5.1, True)])
def test_an_endpoint_that_fails_for_five_days_is_disabled(
    webhooks: DatabaseWebhooks, database: Database, days: float, is_disabled: bool
) -> None:
    endpoint = add(webhooks)
    webhooks.settle(claim(webhooks, send(webhooks, endpoint)), failure(days * 86400 * 2))
    pass_time(database, days * 86400)
    webhooks.settle(claim(webhooks, send(webhooks, endpoint)), failure())
    assert endpoint_again(webhooks, endpoint).disabled_at is None  # as long as a delivery may still arrive
    webhooks.settle(claim(webhooks, send(webhooks, endpoint)), LAST_FAILURE)
    found = endpoint_again(webhooks, endpoint)
    assert (found.disabled_at is not None) == is_disabled
    assert (found.disabled_reason == "For 5 days nothing that was sent to it arrived.") == is_disabled


def test_a_test_that_fails_says_nothing_of_the_endpoint(webhooks: DatabaseWebhooks) -> None:
    endpoint = add(webhooks)
    webhooks.settle(claim(webhooks, send(webhooks, endpoint, "webhook.test")), LAST_FAILURE)
    assert endpoint_again(webhooks, endpoint).failing_since is None


def test_a_new_url_is_a_new_beginning(webhooks: DatabaseWebhooks) -> None:
    endpoint = add(webhooks)
    webhooks.settle(claim(webhooks, send(webhooks, endpoint)), failure())
    changed = webhooks.change(endpoint.id, {"url": "https://example.com/other"})
    assert changed
    assert changed.failing_since is None


def test_attempts_that_end_while_their_endpoint_is_disabled_do_not_wait_for_each_other(
    webhooks: DatabaseWebhooks,
) -> None:
    for _ in range(5):
        endpoint = add(webhooks)
        claims = [claim(webhooks, send(webhooks, endpoint)) for _ in range(6)]
        outcomes = [GONE, GONE, failure(), failure(), DELIVERED, LAST_FAILURE]
        pairs = zip(claims, outcomes, strict=True)
        all_at_once(*[lambda one=one, outcome=outcome: webhooks.settle(one, outcome) for one, outcome in pairs])  # type: ignore[misc]
        assert endpoint_again(webhooks, endpoint).disabled_at
        assert all(again(webhooks, one.delivery).state is not Fate.PENDING for one in claims)


# --- replay


@pytest.mark.parametrize("outcome", [DELIVERED, LAST_FAILURE])
def test_what_has_ended_is_sent_again_from_the_first_attempt_on(webhooks: DatabaseWebhooks, outcome: Outcome) -> None:
    delivery = send(webhooks, add(webhooks))
    webhooks.settle(claim(webhooks, delivery), outcome)
    replayed = webhooks.replay(delivery.id)
    assert replayed
    assert (replayed.id, replayed.state, replayed.attempts) == (delivery.id, Fate.PENDING, 0)
    assert (len(replayed.log), replayed.finished_at) == (1, None)
    assert claim(webhooks, delivery).delivery.attempts == 1


def test_what_waits_is_sent_before_its_time(webhooks: DatabaseWebhooks) -> None:
    delivery = send(webhooks, add(webhooks))
    webhooks.settle(claim(webhooks, delivery), failure(7200))
    assert webhooks.due(10) == []
    webhooks.replay(delivery.id)
    assert claim(webhooks, delivery).delivery.attempts == 2


def test_what_is_under_way_is_not_sent_twice_by_a_replay(webhooks: DatabaseWebhooks) -> None:
    delivery = send(webhooks, add(webhooks))
    claim(webhooks, delivery)
    webhooks.replay(delivery.id)
    assert webhooks.claim(delivery.id, LEASE_SECONDS) is None


def test_the_log_does_not_grow_without_end(webhooks: DatabaseWebhooks) -> None:
    delivery = send(webhooks, add(webhooks))
    for number in range(55):
        webhooks.settle(claim(webhooks, delivery), Outcome({"number": number}, Fate.DELIVERED))
        webhooks.replay(delivery.id)
    assert [entry["number"] for entry in again(webhooks, delivery).log] == list(range(5, 55))


# --- forgetting


def test_old_deliveries_are_forgotten(webhooks: DatabaseWebhooks, database: Database) -> None:
    endpoint = add(webhooks)
    old = [send(webhooks, endpoint) for _ in range(3)]
    pass_time(database, 20)
    new = send(webhooks, endpoint)
    assert webhooks.purge(10, at_most=2) == 2
    assert webhooks.purge(10, at_most=2) == 1
    assert webhooks.purge(10, at_most=2) == 0
    assert [webhooks.delivery(one.id) for one in old] == [None] * 3
    assert webhooks.delivery(new.id)


def test_nothing_of_a_state_unknown_is_kept(database: Database, webhooks: DatabaseWebhooks) -> None:
    delivery = send(webhooks, add(webhooks))
    with pytest.raises(Exception, match=r"(?i)check"), database.writing() as connection:
        connection.execute(update(deliveries).values(state="lost"))
    with database.reading() as connection:
        assert connection.scalar(select(deliveries.c.state).where(deliveries.c.id == delivery.id)) == "pending"
