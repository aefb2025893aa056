"""Drills in which the servers that take webhooks hang, fail and talk without end."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from app.webhooks import ATTEMPT_SECONDS, JITTER, WAITS_SECONDS, Fate
from tests.faults.drills import drill
from tests.faults.load import Order, picture
from tests.faults.stage import Stage, percentile


@drill("R27")
def receivers_hang(stage: Stage) -> None:
    """A hundred webhook endpoints hang: conversions are as quick as ever, and each attempt ends after 15 s."""
    usual = _p95_of_a_load(stage)
    for number in range(stage.choose(short=2, full=10)):
        client = stage.new_client(f"hanging {number}")
        hooks = [stage.endpoint(client, "/hang") for _ in range(stage.choose(short=3, full=10))]
        client.hand_in(Order(f"hang-{number}-{time.time_ns()}", picture(note=f"hang {time.time_ns()}"), "baseline"))
    stage.until(lambda: stage.hanging.counts()["/hang"] >= 5, 30)
    beside = _p95_of_a_load(stage)
    stage.recovered(beside)
    stage.expect(beside <= 2 * usual + 1, f"p95 was {usual:.1f} s, and {beside:.1f} s beside hanging receivers")
    stage.until(lambda: bool(_log(stage, hooks[0])), ATTEMPT_SECONDS + 15)
    entries = [entry for hook in hooks for entry in _log(stage, hook)]
    stage.expect(bool(entries), "no attempt had ended")
    slowest = max((entry["ms"] for entry in entries), default=0)
    stage.expect(slowest <= 1000 * (ATTEMPT_SECONDS + 1), f"an attempt took {slowest} ms")


def _p95_of_a_load(stage: Stage) -> float:
    """How long from handing in to the end, for nearly all jobs of a load."""
    known = stage.ledger.job_ids
    stage.finish(stage.load(full=60))
    rows = [stage.job(job) for job in stage.ledger.job_ids - known]
    return percentile([(row.finished_at - row.created_at).total_seconds() for row in rows], 95)


@drill("R28")
def receivers_misbehave(stage: Stage) -> None:
    """Receivers answer 500, 410, 301, a gigabyte, a byte a second: each gets what the rules say, within 15 s."""
    client = stage.new_client("misbehaving")
    paths = ("/status/500", "/status/410", "/status/301", "/huge", "/trickle")
    hooks = {path: stage.endpoint(client, path) for path in paths}
    client.hand_in(Order(f"told-{time.time_ns()}", picture(note=f"told {time.time_ns()}"), "baseline"))
    stage.until(lambda: all(_log(stage, hook) for hook in hooks.values()), 60)
    stage.until(lambda: len(_log(stage, hooks["/status/500"])) >= 2, 30)
    for path, hook in hooks.items():
        stage.expect(all(e["ms"] <= 1000 * (ATTEMPT_SECONDS + 1) for e in _log(stage, hook)), f"{path} took too long")
    wait = _seconds_to_next(stage, hooks["/status/500"])
    in_time = (1 - JITTER) * WAITS_SECONDS[1] <= wait <= (1 + JITTER) * WAITS_SECONDS[1] + 1
    stage.expect(in_time, f"the third attempt comes {wait:.1f} s after the second")
    first, second = [message.at for message in stage.nasty.messages if message.path == "/status/500"][:2]
    stage.recovered(second - first)
    stage.expect(0.9 * WAITS_SECONDS[0] <= second - first <= 1.1 * WAITS_SECONDS[0] + 5, "the second came out of time")
    stage.expect(_is_disabled(stage, hooks["/status/410"]), "410 did not disable the endpoint")
    stage.expect(_fate(stage, hooks["/status/301"]) == Fate.PENDING, "301 was not a failure")
    stage.expect(not stage.nasty.counts()["/ok"], "a redirect was followed")
    stage.expect(_fate(stage, hooks["/huge"]) == Fate.DELIVERED, "a gigabyte behind a 200 was read, or held against it")


def _log(stage: Stage, endpoint_id: str) -> list[Any]:
    """Every attempt to tell an endpoint of anything."""
    return [entry for delivery in stage.services.webhooks.deliveries(endpoint_id, 100) for entry in delivery.log]


def _fate(stage: Stage, endpoint_id: str) -> Fate:
    return stage.services.webhooks.deliveries(endpoint_id, 1)[0].state


def _seconds_to_next(stage: Stage, endpoint_id: str) -> float:
    """From the end of the last attempt until another is due."""
    delivery = stage.services.webhooks.deliveries(endpoint_id, 1)[0]
    last = delivery.log[-1]
    ended_at = datetime.fromisoformat(last["at"]) + timedelta(milliseconds=last["ms"])
    return (delivery.due_at - ended_at).total_seconds() if delivery.due_at else 0.0


def _is_disabled(stage: Stage, endpoint_id: str) -> bool:
    endpoint = stage.services.webhooks.get(endpoint_id)
    return endpoint is not None and endpoint.disabled_at is not None
