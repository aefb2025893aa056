"""Drills that take Redis away, empty it, fill it and cut the line to it."""

from __future__ import annotations

import threading
import time

from app.jobs import State
from tests.faults.drills import drill
from tests.faults.load import picture
from tests.faults.stage import Stage


@drill("R10", short=True)
def redis_restarts(stage: Stage) -> None:
    """Redis is away five times for 10 s under load: 202 as ever, and workers take hints again by themselves."""
    load = stage.load(full=150)
    for _ in range(stage.choose(short=1, full=5)):
        stage.redis.kill()
        stage.report.kills += 1
        stage.pause(stage.choose(short=2, full=10))
        stage.redis.start()
        began, known = time.monotonic(), stage.runs()
        if load.is_over:
            load = stage.load(full=30)
        back = stage.until(lambda: stage.runs() > known, 150)  # noqa: B023
        stage.recovered(time.monotonic() - began)
        stage.expect(back, "no worker took a hint within 150 s")
    stage.finish(load)
    stage.expect_p99(1.0)
    stage.expect(stage.report.recovery_seconds <= 30, "workers took hints again only after 30 s")
    stage.expect_success()


@drill("R11", short=True)
def redis_is_emptied(stage: Stage) -> None:
    """FLUSHALL in mid-load: hints are repeated, and all is caught up with within 90 s."""
    load = stage.load()
    stage.until(lambda: len(stage.in_state(State.QUEUED)) >= 4, 20)
    with stage.redis_client() as broker:
        broker.flushall()
    began = time.monotonic()
    stage.finish(load)
    stage.recovered(time.monotonic() - began)
    stage.expect(stage.report.recovery_seconds <= 90, "it took more than 90 s to catch up")
    stage.expect_success()


@drill("R12")
def redis_is_full(stage: Stage) -> None:
    """Redis refuses to write for 20 s (maxmemory, noeviction): 202 as ever, and the hints follow."""
    with stage.redis_client() as broker:
        broker.config_set("maxmemory-policy", "noeviction")
        broker.config_set("maxmemory", 1)
        try:
            load = stage.load(full=60)
            stage.pause(20)
        finally:
            broker.config_set("maxmemory", 0)
    began = time.monotonic()
    stage.finish(load)
    stage.recovered(time.monotonic() - began)
    stage.expect_p99(1.0)
    stage.expect_success()


@drill("R13")
def redis_is_mute(stage: Stage) -> None:
    """Redis takes everything and answers nothing for 60 s: clients hardly notice, and no thread is stuck."""
    stage.to_redis.mute()
    with Pulse(stage) as pulse:
        load = stage.load(full=60)
        end = time.monotonic() + stage.choose(short=6, full=60)
        while time.monotonic() < end:
            stage.hand_in(picture(note=f"mute {time.time_ns()}"), "baseline")
            stage.pause(0.25)
        load.wait()
    stage.to_redis.heal()
    began, known = time.monotonic(), stage.runs()
    stage.hand_in(picture(note=f"healed {time.time_ns()}"), "baseline")  # workers may have found all the others
    stage.until(lambda: stage.runs() > known, 150)
    stage.recovered(time.monotonic() - began)
    stage.settle()
    stage.expect_p99(2.5)
    stage.expect(pulse.slowest <= 2.0, f"/health/live took {pulse.slowest:.1f} s")
    stage.expect(stage.report.recovery_seconds <= 90, "workers took hints again only after 90 s")
    stage.expect_success()


@drill("R34")
def lines_are_bad(stage: Stage) -> None:
    """Late, lossy and torn lines to Redis and to the database: everything is slower, and nothing is lost."""
    stage.outage = True  # a torn line in mid-transaction is told as 503
    for line in (stage.to_redis, stage.to_postgres):
        line.hinder(latency_seconds=0.5 if line is stage.to_redis else 0.02, loss=0.01)
        load = stage.load(short=8, full=40)
        for _ in range(stage.choose(short=2, full=5)):
            stage.pause(2)
            line.tear()
            stage.report.kills += 1
        stage.finish(load)
        line.heal()
    stage.expect_p99(5.0)
    stage.expect_success()


class Pulse:
    """Asks all the time whether the web is alive, and remembers the slowest answer."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._feel, daemon=True)
        self.slowest = 0.0

    def __enter__(self) -> Pulse:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _feel(self) -> None:
        while not self._over.wait(0.5):
            answer = self._stage.client.ask("GET", "/health/live", timeout=30)
            self.slowest = max(self.slowest, answer.seconds if answer.status == 200 else 30.0)
