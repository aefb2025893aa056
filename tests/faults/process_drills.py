"""Drills that kill, freeze and stop processes of the service."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from app.adapters.celery_queue import CeleryQueue, make_celery
from app.jobs import Job, State
from tests.faults.drills import drill
from tests.faults.load import picture
from tests.faults.sandboxed import dose
from tests.faults.stage import Stage
from tests.service import is_alive, kill

DONE_ONCE = [State.QUEUED, State.RUNNING, State.SUCCEEDED]


@drill("R01", short=True)
def sandboxes_are_killed(stage: Stage) -> None:
    """A sandbox is killed every few seconds under load: each victim runs again within 60 s, and nobody fails."""
    wanted, pause = stage.choose(short=3, full=20), 3.0 if stage.is_full else 0.7
    load = stage.load(full=200)
    while stage.report.kills < wanted:
        if load.is_over and not stage.in_state(State.RUNNING, State.QUEUED):
            load = stage.load()
        if not any(job.attempts >= stage.settings.max_attempts for job in stage.in_state(State.RUNNING)):
            kill(random.choice([pid for worker in stage.crew.workers for pid in worker.sandboxes]))
            stage.note_kill()
        stage.pause(pause)
    stage.finish(load)
    stage.expect_success()
    stage.note_victims()
    stage.expect(stage.report.recovery_seconds <= 60, "a victim waited for more than 60 s")


@drill("R02")
def workers_are_killed(stage: Stage) -> None:
    """A whole worker is killed five times, 10 s apart, under load: the schedule frees what it had."""
    load = stage.load(full=150)
    for number in range(5):
        worker = stage.crew.workers[number % 2]
        stage.kill(worker)
        worker.start()
        stage.pause(10)
    stage.finish(load)
    stage.expect_success()
    stage.note_victims()
    stage.expect(stage.report.recovery_seconds <= 75, "a victim waited for more than 75 s")


@drill("R03", short=True)
def nobody_works(stage: Stage) -> None:
    """All workers are gone: jobs are taken in all the same, and are done when one worker is back."""
    for worker in stage.crew.workers:
        stage.kill(worker)
    stage.load(short=8, full=50).wait()
    stage.expect(stage.is_ready(), "the web was not ready without workers")
    stage.pause(1)
    waited = stage.client.ask("GET", "/health").document["oldest_queued_seconds"]
    stage.expect(float(str(waited)) > 0.5, f"the oldest job was said to wait for {waited} s")
    began = time.monotonic()
    stage.start(stage.crew.workers[0])
    stage.settle()
    stage.recovered(time.monotonic() - began)
    stage.expect_success()


@drill("R04", short=True)
def hints_are_stolen(stage: Stage) -> None:
    """Workers die between taking a hint and noting that they did (kombu#305): it is repeated within 75 s."""
    for worker in stage.crew.workers:
        stage.kill(worker)
    count = stage.choose(short=10, full=100)
    jobs = [stage.submit(picture(note=f"stolen {n} {time.time_ns()}"), "baseline") for n in range(count)]
    thief = [sys.executable, "-m", "tests.faults.thief", str(count)]
    subprocess.run(thief, env=stage.crew.environment, cwd=stage.crew.folder, check=True, timeout=180)
    stage.report.kills += count
    began = time.monotonic()
    stage.start(*stage.crew.workers)
    stage.settle()
    stage.recovered(time.monotonic() - began)
    stage.expect_success(*jobs)
    stage.expect(stage.report.recovery_seconds <= 90, "stolen hints were not repeated within 75 s")


@drill("R05")
def a_worker_is_asked_to_end(stage: Stage) -> None:
    """A worker that is told to stop finishes what it has begun; what it has not begun costs no attempt."""
    with stage.only_worker(worker_concurrency=4) as worker:
        jobs = [stage.submit(picture(note=f"{dose('sleep', 3)} {n} {time.time_ns()}")) for n in range(8)]
        stage.until(lambda: len(stage.in_state(State.RUNNING)) == 4, 20)
        seconds = worker.stop()
        stage.expect(seconds <= 35, f"the worker took {seconds:.0f} s to end")
        ended = sum(stage.job(job).state == State.SUCCEEDED for job in jobs)
        stage.expect(ended == 4, f"{ended} of 4 running jobs were finished")
        stage.start(worker)
        stage.settle()
    stage.recovered(seconds)
    stage.expect_success(*jobs)
    stage.expect(all(stage.job(job).attempts == 1 for job in jobs), "a job that was not begun lost an attempt")


@drill("R06")
def pictures_are_poison(stage: Stage) -> None:
    """Pictures crash the engine, take 8 GiB or spin for ever: they fail by name, and all others are done."""
    load = stage.load()
    ends = {"crash": ("job.worker_crashed", 3), "hoard": ("job.out_of_memory", 1), "spin": ("job.timeout", 1)}
    poisoned = {kind: picture(note=f"{dose(kind)} {time.time_ns()}") for kind in ends}
    jobs = {kind: stage.submit(data) for kind, data in poisoned.items()}
    stage.finish(load)
    for kind, (code, attempts) in ends.items():
        job = stage.job(jobs[kind])
        found = (job.error or {}).get("code"), job.attempts
        stage.expect(found == (code, attempts), f"{kind}: {found}")
    stage.report.kills = 3
    again = stage.hand_in(poisoned["crash"])
    stage.expect(again.status == 422, f"the crashing picture was answered with {again.status}")
    stage.expect(again.seconds <= 0.25, f"it was refused after {again.seconds:.3f} s")
    stage.expect_success(*(stage.ledger.job_ids - set(jobs.values())))


@drill("R07")
def sandboxes_freeze(stage: Stage) -> None:
    """A sandbox that stands still is ended at its time limit, and leaves no zombie."""
    with stage.only_worker(fast_timeout_seconds=2, worker_concurrency=1) as worker:
        before = len(worker.pids)
        for number in range(stage.choose(short=3, full=12)):
            job = stage.submit(picture(note=f"{dose('sleep', 1)} {number} {time.time_ns()}"))
            stage.until(lambda: stage.job(job).state == State.RUNNING, 20)  # noqa: B023
            for pid in worker.sandboxes:
                os.kill(pid, signal.SIGSTOP)
            stage.report.kills += 1
            stage.settle(30)
            stage.expect((stage.job(job).error or {}).get("code") == "job.timeout", f"{job}: {stage.job(job).error}")
            stage.submit(picture(note=f"calm {number} {time.time_ns()}"))  # the next is to freeze at work, not at start
            stage.settle()
        stage.expect(len(worker.pids) == before, f"{before} processes before, {len(worker.pids)} after")
        stage.expect(all(is_alive(pid) for pid in worker.pids), "a zombie was left")


@drill("R08", short=True)
def hints_come_ten_times(stage: Stage) -> None:
    """Ten hints at once for the same job: it is done once, and every hint is taken."""
    for worker in stage.crew.workers:
        worker.freeze()
    with stage.redis_client() as broker:
        broker.flushall()  # hints of jobs that are over
    count = stage.choose(short=5, full=20)
    jobs = [stage.submit(picture(note=f"tenfold {n} {time.time_ns()}"), "baseline") for n in range(count)]
    queue = CeleryQueue(make_celery(stage.settings))
    with ThreadPoolExecutor(10) as at_once:
        for job in jobs:
            list(at_once.map(queue.announce, [Job(job, "nobody", "fast", {}, {})] * 10))
    for worker in stage.crew.workers:
        worker.thaw()
    stage.settle()
    stage.expect(all(stage.history(job) == DONE_ONCE for job in jobs), "a job was begun twice")
    with stage.redis_client() as broker:
        stage.expect(stage.until(lambda: not broker.exists("fast"), 30), "hints were left")


@drill("R09", short=True)
def a_worker_is_frozen(stage: Stage) -> None:
    """A worker freezes with jobs in its hands, another does them; thawed, it overwrites nothing."""
    first, second = stage.crew.workers
    stage.kill(second)
    jobs = [stage.submit(picture(note=f"{dose('sleep', 1)} {n} {time.time_ns()}")) for n in range(2)]
    stage.until(lambda: len(stage.in_state(State.RUNNING)) == 2, 20)
    first.freeze()
    began = time.monotonic()
    try:
        stage.start(second)
        done = stage.until(lambda: all(stage.job(job).state == State.SUCCEEDED for job in jobs), 200)
        stage.recovered(time.monotonic() - began)
        stage.expect(done, "the other worker did not do the jobs")
        keys = [stage.job(job).result_key for job in jobs]
        stage.pause(max(0.0, stage.choose(short=0, full=90) - (time.monotonic() - began)))
    finally:
        first.thaw()
    stage.pause(3)
    stage.expect(keys == [stage.job(job).result_key for job in jobs], "a frozen worker's result took effect")
    stage.expect(all(stage.history(job).count(State.SUCCEEDED) == 1 for job in jobs), "a job succeeded twice")
    stage.expect_success(*jobs)


@drill("R24")
def clocks_are_wrong(stage: Stage) -> None:
    """One worker's clock is 15 minutes fast, another's slow, and so is the schedule's: the database's alone counts."""
    stage.redo("worker", 0, faulty_clock_seconds=900)
    stage.redo("worker", 1, faulty_clock_seconds=-900)
    stage.redo("schedule", 0, faulty_clock_seconds=900)
    stage.redo("callbacks", 0, faulty_clock_seconds=-900)
    try:
        stage.finish(stage.load(full=60))
        stage.kill(stage.crew.workers[0])
        slow = [stage.submit(picture(note=f"{dose('sleep', 4)} {n} {time.time_ns()}")) for n in range(2)]
        stage.settle()
        off = [abs(message.timestamp - message.at) for message in stage.receiver.messages if message.subject in slow]
        stage.expect_success()
        stage.expect(all(stage.history(job) == DONE_ONCE for job in slow), "a job was freed before its time")
        stage.expect(all(seconds < 60 for seconds in off), f"a webhook was signed {max(off, default=0):.0f} s off")
    finally:
        for program, number in (("worker", 0), ("worker", 1), ("schedule", 0), ("callbacks", 0)):
            stage.redo(program, number)


@drill("R26", short=True)
def there_are_two_schedules(stage: Stage) -> None:
    """Two schedules run while a worker is killed: its jobs are freed once, and nobody is told twice."""
    second = stage.crew.launch("schedule")
    try:
        load = stage.load()
        stage.until(lambda: len(stage.in_state(State.RUNNING)) >= 2, 20)
        stage.kill(stage.crew.workers[0])
        stage.crew.workers[0].start()
        stage.finish(load)
        stage.note_victims()
        told = [message.subject for message in stage.receiver.messages if message.subject in stage.ledger.job_ids]
        stage.expect(len(told) == len(set(told)), f"{len(told) - len(set(told))} webhooks came twice")
        stage.expect_success()
    finally:
        stage.crew.dismiss(second)
