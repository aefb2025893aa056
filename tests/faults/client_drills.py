"""Drills that clients and their servers put the service through."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from app.jobs import State
from tests.faults.drills import drill
from tests.faults.load import Answer, Order, picture
from tests.faults.sandboxed import dose
from tests.faults.stage import Stage


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
        stage.expect(told <= {202, 409}, f"answers were {told}")
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
        stage.expect(again.status == 202, f"the second try was answered with {again.status}")
        stage.expect(again.document.get("id") == stage.made_under(order.key), "the second try made another job")
    stage.settle()
    stage.expect_success()
