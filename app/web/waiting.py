"""Waiting within a request: bounded in time and in number, and ended when the caller hangs up."""

from __future__ import annotations

import re
import select
import socket
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from flask import current_app, request

from app.jobs import Job
from app.web.requests import current_services

T = TypeVar("T")

WAIT = re.compile(r"(?:^|[,;\s])wait=(\d{1,4})(?:$|[,;\s])")


SHARE = 0.25
"""How much longer somebody may wait than the work takes; each look costs the database something."""
SHORTEST_PAUSE, LONGEST_PAUSE = 0.02, 0.5
HEARING_PAUSE = 1.0
"""Between the looks of whoever hears of the end anyway."""


class HungUp(Exception):
    """The caller is gone."""


def install(waiters: int, streams: int) -> dict[str, threading.BoundedSemaphore]:
    """Places for requests that wait; they must never take every thread, or health and status would wait behind them."""
    return {"waiters": threading.BoundedSemaphore(waiters), "streams": threading.BoundedSemaphore(streams)}


def patience(usual: float | None = None) -> float:
    """How many seconds the caller wants to wait (`Prefer: wait=N`), within the limit."""
    limit = current_services().settings.convert_wait_seconds
    asked = WAIT.search(request.headers.get("Prefer", ""))
    return min(float(asked.group(1)), limit) if asked else limit if usual is None else usual


def wait_until_done(job: Job, seconds: float) -> Job:
    """Wait until the job is done, unless too many wait already."""
    services = current_services()

    def look() -> Job | None:
        nonlocal job
        job = services.jobs.get(job.id) or job
        return job if job.state.is_final else None

    if not job.state.is_final:
        with services.bell.heard(job.id) as rung:
            wait_for(look, seconds, rung)
    return job


def wait_for(look: Callable[[], T | None], seconds: float, rung: threading.Event | None = None) -> T | None:
    """Look when it has rung, or else again and again, until there is something to see."""
    places: threading.BoundedSemaphore = current_app.extensions["waiting"]["waiters"]
    if seconds <= 0 or not places.acquire(blocking=False):
        return None
    try:
        begun = time.monotonic()
        while (waited := time.monotonic() - begun) < seconds:
            _pause(rung, waited, seconds - waited)
            seen = look()
            if seen is not None:
                return seen
            _demand_caller()
        return None
    finally:
        places.release()


def _pause(rung: threading.Event | None, waited: float, at_most: float) -> None:
    if rung is None:  # most work is done in a moment, so look often at first
        time.sleep(min(max(SHORTEST_PAUSE, waited * SHARE), LONGEST_PAUSE, at_most))
    elif rung.wait(min(HEARING_PAUSE, at_most)):
        rung.clear()


def _demand_caller() -> None:
    """Stop working for somebody who has closed the line; nginx closes ours when its own is closed."""
    line: socket.socket | None = request.environ.get("gunicorn.socket")
    if line is None:
        return
    readable, _, _ = select.select([line], [], [], 0)
    if readable and not line.recv(1, socket.MSG_PEEK):
        raise HungUp
