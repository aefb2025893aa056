"""Drills that clients and their servers put the service through."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from app.jobs import State
from tests.faults.drills import drill
from tests.faults.load import Answer, Order, picture
from tests.faults.sandboxed import dose
from tests.faults.stage import Stage, percentile


@drill("R32", short=True)
def running_jobs_are_cancelled(stage: Stage) -> None:
    """Running jobs are cancelled: within 2 s they are, their processes are free, and there is no result."""
    took: list[float] = []
    for _ in range(stage.choose(short=2, full=25)):
        jobs = [stage.submit(picture(note=f"{dose('sleep', 30)} {n} {time.time_ns()}")) for n in range(4)]
        stage.until(lambda: len(stage.in_state(State.RUNNING)) == 4, 30)
        for job in jobs:
            stage.client.ask("POST", f"/api/v1/jobs/{job}/cancel")
        began = time.monotonic()
        stage.until(lambda: all(State(stage.job(job).state).is_final for job in jobs), 30)  # noqa: B023
        took.append(time.monotonic() - began)
        ends = {stage.job(job).state for job in jobs}
        stage.expect(ends == {State.CANCELLED}, f"cancelled jobs are {ends}")
        told = [stage.client.ask("GET", f"/api/v1/jobs/{job}/result").status for job in jobs]
        stage.expect(set(told) == {409}, f"results of cancelled jobs were answered with {told}")
    stage.recovered(max(took))
    stage.expect(max(took) <= 2, f"it took {max(took):.1f} s to cancel")
    stage.settle()
    events = {message.event for message in stage.receiver.messages if message.subject in jobs}
    stage.expect(events == {"job.cancelled"}, f"the webhooks said {events}")


@drill("R38", short=True)
def the_same_request_comes_fifty_times(stage: Stage) -> None:
    """Fifty equal requests at once under one Idempotency-Key: one job."""
    for number in range(stage.choose(short=2, full=10)):
        order = Order(f"race-{number}-{time.time_ns()}", picture(note=f"race {number} {time.time_ns()}"), "baseline")
        with ThreadPoolExecutor(50) as at_once:
            answers = list(at_once.map(stage.client.hand_in, [order] * 50))
        for answer in answers:
            stage.ledger.note(order, answer)
        told = {answer.status for answer in answers}
        stage.expect(told <= {201, 202, 409}, f"answers were {told}")
        made = stage.ledger.promised.get(order.key, set())
        stage.expect(len(made) == 1, f"{len(made)} jobs were made under one key")
    stage.settle()
    stage.expect_success()


@drill("R39", short=True)
def the_web_dies_before_it_answers(stage: Stage) -> None:
    """The web is killed between its commit and its answer: asked again, it answers with the same job."""
    for number in range(stage.choose(short=2, full=10)):
        order = Order(f"cut-{number}-{time.time_ns()}", picture(note=f"cut {number} {time.time_ns()}"), "baseline")
        stage.to_redis.mute()  # holds the web up where it announces the job, which is after the commit
        answers: list[Answer] = []
        asking = threading.Thread(target=lambda: answers.append(stage.client.hand_in(order)))  # noqa: B023
        asking.start()
        committed = stage.until(lambda: stage.made_under(order.key) is not None, 10)  # noqa: B023
        stage.kill(stage.crew.web)
        asking.join()
        stage.to_redis.heal()
        began = time.monotonic()
        stage.start(stage.crew.web)
        stage.recovered(time.monotonic() - began)
        stage.expect(committed and answers[0].status == 0, f"the web answered {answers[0].status} before it was killed")
        again = stage.client.hand_in(order)
        stage.ledger.note(order, again)
        stage.expect(again.status in {201, 202}, f"the second try was answered with {again.status}")
        stage.expect(again.document.get("id") == stage.made_under(order.key), "the second try made another job")
    stage.settle()
    stage.expect_success()


@drill("R30")
def there_is_too_much_work(stage: Stage) -> None:
    """Five times as much as can be done: the rest is refused with Retry-After, and what was accepted is done."""
    began = time.monotonic()
    stage.finish(stage.load(full=60))
    peak = stage.choose(short=24, full=60) / (time.monotonic() - began)
    stage.redo("web", 0, max_queue_size=40)
    try:
        stage.outage = True
        known, seconds = stage.ledger.job_ids, stage.choose(short=10, full=60)
        before = stage.successes()
        crowd = [stage.load(short=1000, full=5000, patience=seconds) for _ in range(2)]
        stage.pause(seconds)
        goodput = (stage.successes() - before) / seconds
        for load in crowd:
            load.wait()
        began = time.monotonic()
        stage.settle()
        stage.recovered(time.monotonic() - began)
        refused = [answer for answer in stage.ledger.since(stage.before.answers) if answer.status not in {201, 202}]
        told = {answer.status for answer in refused}
        stage.expect(told == {503}, f"those over were told {told}")
        stage.expect(goodput >= 0.7 * peak, f"{goodput:.1f} jobs/s were done under overload, {peak:.1f} at the peak")
        stage.expect(stage.report.recovery_seconds <= 60, "it took more than 60 s to recover")
        stage.expect_success(*(stage.ledger.job_ids - known))
    finally:
        stage.redo("web", 0)


@drill("R31")
def one_queue_is_full(stage: Stage) -> None:
    """Five hundred long jobs wait: quick ones of others begin within 2 s all the same, and long ones go on."""
    pictures = [
        picture(note=f"{dose('sleep', 5)} {n} {time.time_ns()}") for n in range(stage.choose(short=30, full=500))
    ]
    with ThreadPoolExecutor(8) as at_once:
        long = list(at_once.map(lambda each: stage.submit(each, "refined"), pictures))
    began = time.monotonic()
    other, waits = stage.new_client("quick"), []
    for number in range(stage.choose(short=5, full=30)):
        order = Order(f"quick-{number}-{time.time_ns()}", picture(note=f"quick {time.time_ns()}"), "fast")
        job_id = str(other.hand_in(order).document["id"])
        stage.until(lambda: State(stage.job(job_id).state).is_final, 60)  # noqa: B023
        row = stage.job(job_id)
        waits.append((row.started_at - row.created_at).total_seconds())
        stage.pause(0.5)
    stage.pause(30 - (time.monotonic() - began))
    done = sum(stage.job(job).state == State.SUCCEEDED for job in long)
    stage.recovered(percentile(waits, 95))
    with ThreadPoolExecutor(8) as at_once:
        list(at_once.map(lambda job: stage.client.ask("POST", f"/api/v1/jobs/{job}/cancel"), long))
    stage.expect(stage.report.recovery_seconds <= 2, f"quick jobs waited for {stage.report.recovery_seconds:.1f} s")
    stage.expect(done >= 8, f"only {done} long jobs of 5 s were done in 30 s by two workers")


@drill("R33")
def clients_hang_up(stage: Stage) -> None:
    """Clients hang up while they wait: their jobs are cancelled. Who has not waited has the job done."""
    known = {job.id for job in stage.all_jobs()}
    count = stage.choose(short=4, full=40)
    logged = stage.crew.web.log.read_text().count("status=499")
    for number in range(count):
        order = picture(note=f"{dose('sleep', 20)} {number} {time.time_ns()}")
        stage.client.ask("POST", "/api/v1/convert?method=fast", order, timeout=0.5)
    began = time.monotonic()
    ended = stage.until(lambda: all(State(job.state).is_final for job in stage.all_jobs()), 30)
    stage.recovered(time.monotonic() - began)
    stage.expect(ended and stage.report.recovery_seconds <= 5, "jobs of clients that were gone went on")
    states = {job.state for job in stage.all_jobs() if job.id not in known}
    stage.expect(states == {State.CANCELLED}, f"jobs of clients that were gone are {states}")
    told = stage.crew.web.log.read_text().count("status=499") - logged
    stage.expect(told == count, f"{told} of {count} requests were counted as 499")
    order = Order(f"async-{time.time_ns()}", picture(note=f"{dose('sleep', 1)} {time.time_ns()}"), "fast")
    answer = stage.client.hand_in(order, Prefer="respond-async")
    stage.ledger.note(order, answer)
    stage.settle()
    stage.expect_success()
