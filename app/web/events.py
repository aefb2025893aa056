"""Following a job over server-sent events. The database is the truth: a stream that broke off goes on where it was."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import orjson
from flask import Response, current_app, request

from app.conversions import events
from app.errors import TooManyStreams
from app.jobs import Job
from app.services import Services
from app.web.requests import current_services
from app.web.schemas import JobView

LOOK_SECONDS = 0.25
HEARTBEAT_SECONDS = 15.0
LONGEST_SECONDS = 600.0
RETRY_MS = 3000


def stream(job: Job) -> Response:
    """What happens to a job, as it happens; nothing any more to whoever has seen its end."""
    seen = _last_seen()
    if job.state.is_final and seen >= job.version:
        return Response(status=204)
    places: threading.BoundedSemaphore = current_app.extensions["waiting"]["streams"]
    if not places.acquire(blocking=False):
        raise TooManyStreams("Too many jobs are being followed here. Ask for the job itself instead, or try again.")
    response = Response(_told(current_services(), job, seen), mimetype="text/event-stream")
    response.call_on_close(places.release)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _last_seen() -> int:
    asked = request.headers.get("Last-Event-ID", "")
    return int(asked) if asked.isdecimal() and len(asked) < 10 else 0


def _told(services: Services, job: Job, seen: int) -> Iterator[str]:
    yield f"retry: {RETRY_MS}\n\n"
    if not seen:
        yield _event("snapshot", job.version, _view(job))
        seen = job.version
        if job.state.is_final:
            return
    yield from _followed(services, job, seen)


def _followed(services: Services, job: Job, seen: int) -> Iterator[str]:
    end = time.monotonic() + LONGEST_SECONDS
    quiet_since = time.monotonic()
    now: Job | None = job
    while now and time.monotonic() < end:
        if now.version > seen:
            yield from _news(services, now, seen)
            seen, quiet_since = now.version, time.monotonic()
        elif time.monotonic() - quiet_since > HEARTBEAT_SECONDS:
            yield ": still there\n\n"
            quiet_since = time.monotonic()
        if now.state.is_final:
            return
        time.sleep(LOOK_SECONDS)
        now = services.jobs.get(job.id)


def _news(services: Services, job: Job, seen: int) -> Iterator[str]:
    """The changes of state that were not seen, and how far the job is now."""
    for event in events(services, job, seen):
        if not event.state.is_final:
            yield _event(event.state, event.version, {"state": event.state, "attempts": event.attempts})
    if job.state.is_final:
        yield _event(job.state, job.version, _view(job))
    else:
        yield _event("progress", job.version, {"percent": job.percent, "phase": job.phase})


def _view(job: Job) -> Any:
    return JobView.of(job).model_dump(mode="json")


def _event(name: str, number: int, data: Any) -> str:
    return f"id: {number}\nevent: {name}\ndata: {orjson.dumps(data).decode()}\n\n"
