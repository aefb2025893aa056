"""Drills that take PostgreSQL away, restart it and use up its connections."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import psycopg2

from app.jobs import State
from tests.faults.drills import drill
from tests.faults.load import picture
from tests.faults.sandboxed import dose
from tests.faults.stage import Stage


@drill("R14", short=True)
def postgres_is_down(stage: Stage) -> None:
    """PostgreSQL is away for 30 s: 503 within 2 s, the web lives, and what runs keeps its result until then."""
    stage.outage = True
    seconds = 1 if not stage.is_full else 30
    jobs = [stage.submit(picture(note=f"{dose('sleep', seconds / 2)} {n} {time.time_ns()}")) for n in range(4)]
    stage.until(lambda: len(stage.in_state(State.RUNNING)) == 4, 20)
    load = stage.load()
    stage.postgres.kill()
    stage.report.kills += 1
    began = time.monotonic()
    asked = 0
    while time.monotonic() - began < seconds or not asked:
        refused = stage.hand_in(picture(note=f"down {time.time_ns()}"))
        stage.expect((refused.status, refused.retry_after) == (503, "5"), f"a POST was answered with {refused.status}")
        stage.expect(refused.seconds <= 2, f"a POST was refused after {refused.seconds:.1f} s")
        stage.expect(stage.client.ask("GET", "/health/live").status == 200, "the web was not alive")
        stage.expect(stage.client.ask("GET", "/health/ready").status == 503, "the web said that it was ready")
        asked += 1
        time.sleep(0.5)  # nobody is brought back meanwhile: nobody may fall
    stage.postgres.start()
    began = time.monotonic()
    stage.until(stage.is_ready, 60)
    stage.recovered(time.monotonic() - began)
    stage.finish(load)
    stage.expect(all(stage.job(job).attempts == 1 for job in jobs), "a job that ran meanwhile was done again")
    stage.expect_success()


@drill("R15")
def postgres_restarts(stage: Stage) -> None:
    """PostgreSQL restarts in mid-commit, again and again: no error after 5 s, and one job for each key."""
    stage.outage = True
    load = stage.load()
    for _ in range(stage.choose(short=2, full=5)):
        stage.pause(2)
        stage.postgres.kill()
        stage.report.kills += 1
        stage.postgres.start()
        began = time.monotonic()
        stage.until(lambda: stage.client.ask("GET", "/api/v1/jobs").status == 200, 30)
        stage.recovered(time.monotonic() - began)
    stage.finish(load)
    stage.expect(stage.report.recovery_seconds <= 5, "errors went on for more than 5 s")
    stage.expect_success()


@drill("R16")
def connections_are_used_up(stage: Stage) -> None:
    """Others take every connection of PostgreSQL: 503 and no 500, and all is well once they leave."""
    stage.outage = True
    with _all_connections(stage):
        load = stage.load(full=40)
        answers = [stage.hand_in(picture(note=f"crowded {time.time_ns()}")) for _ in range(10)]
        told = {answer.status for answer in answers}
        stage.expect(told == {503}, f"answers were {told}")
    began = time.monotonic()
    stage.until(stage.is_ready, 60)
    stage.recovered(time.monotonic() - began)
    stage.finish(load)
    stage.expect_success()


@contextlib.contextmanager
def _all_connections(stage: Stage) -> Iterator[None]:
    """Cut the service's connections off, and take every one that there is."""
    with contextlib.ExitStack() as held:
        first = psycopg2.connect(stage.postgres.url)
        held.callback(first.close)
        first.autocommit = True
        with first.cursor() as cursor:
            for _ in range(3):
                cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'faults'")
                with contextlib.suppress(psycopg2.OperationalError):
                    while True:
                        held.callback(psycopg2.connect(stage.postgres.url).close)
        yield
