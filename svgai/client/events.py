"""Following a job over server-sent events, across streams that break off (the HTML standard, 9.2)."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from svgai.client.answers import Job, Progress
from svgai.client.connection import FAULTS, PASSING, Connection, Request
from svgai.client.errors import AnswerUnreadable, ApiError, Unreachable

Tell = Callable[[Progress], object]

STREAM = "text/event-stream"
SILENCE_SECONDS = 40.0
"""The service says something every 15 seconds; a line that is silent for longer is dead."""
FRUITLESS = 3
"""After so many streams in a row that told nothing, somebody on the way does not like streams."""


@dataclass(frozen=True)
class Event:
    """One thing that happened to a job."""

    id: str
    data: dict[str, Any]


def follow(connection: Connection, job_id: str, end: float, tell: Tell) -> Job | None:
    """The job at its end, having told all on the way; None where it is better to ask now and then.

    `end` is a time of `time.monotonic`.
    """
    follower = _Follower(tell)
    fruitless = 0
    while fruitless < FRUITLESS and time.monotonic() < end:
        seen = follower.seen
        try:
            if not follower.read(_stream(connection, job_id, end, seen)):
                return None
        except ApiError as refusal:
            if refusal.status not in PASSING:
                raise
            return None
        except (Unreachable, AnswerUnreadable):
            pass  # it broke off, or somebody else's words stood in it
        if follower.job:
            return follower.job
        fruitless = 0 if follower.seen != seen else fruitless + 1
        time.sleep(min(max(0.0, end - time.monotonic()), random.uniform(0.5, 1)))  # noqa: S311
    return None


class _Follower:
    """Knows what was told last, so that a stream can go on where another broke off."""

    def __init__(self, tell: Tell) -> None:
        self.seen = ""
        self.job: Job | None = None
        self._tell = tell
        self._progress = Progress("queued", 0, None)

    def read(self, events: Iterable[Event]) -> bool:
        """Whether this was a stream at all."""
        is_stream = False
        for event in events:
            is_stream = True
            self._note(event.data)
            self.seen = event.id or self.seen
        return is_stream

    def _note(self, data: dict[str, Any]) -> None:
        if "id" in data:  # the whole job
            job = Job.of(data)
            progress, self.job = job.progress, job if job.is_done else None
        else:
            progress = replace(self._progress, **{name: data[name] for name in vars(self._progress) if name in data})
        if progress != self._progress or not self.seen:
            self._tell(progress)
        self._progress = progress


def _stream(connection: Connection, job_id: str, end: float, seen: str) -> Iterator[Event]:
    headers = {"Accept": STREAM, **({"Last-Event-ID": seen} if seen else {})}
    request = Request("GET", f"/api/v1/jobs/{quote(job_id, safe='')}/events", headers=headers)
    silence = max(1.0, min(SILENCE_SECONDS, connection.timeout, end - time.monotonic()))
    with connection.open(request, silence) as response:
        if response.headers.get_content_type() == STREAM:  # 204 has none: there is nothing more to come
            try:
                yield from read_events(_until(end, response))
            except FAULTS as fault:
                raise connection.unreachable(fault) from None
            except ValueError:
                raise AnswerUnreadable("The stream tells of no job.") from None


def _until(end: float, lines: Iterable[bytes]) -> Iterator[bytes]:
    for line in lines:
        yield line
        if time.monotonic() > end:
            return


def read_events(lines: Iterable[bytes]) -> Iterator[Event]:
    """The events of a stream, without those whose end never came."""
    identity, data = "", ""
    for line in lines:
        name, _, value = line.decode().rstrip("\r\n").partition(":")
        value = value.removeprefix(" ")
        if name == "id":
            identity = value
        elif name == "data":
            data += value
        elif not name and not value and data:
            yield Event(identity, json.loads(data))
            data = ""
