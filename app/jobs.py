"""A job, its states, and the ports through which the use cases reach the world."""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any, Protocol

from app.circumstances import AT_EASE, Circumstances
from app.errors import TooManyJobs


class State(StrEnum):
    """Where a job is in its life. The last four are final, but for what is kept: that expires."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def is_final(self) -> bool:
        return self not in UNFINISHED


UNFINISHED = (State.QUEUED, State.RUNNING)

ALLOWED: Mapping[State | None, frozenset[State]] = {
    None: frozenset({State.QUEUED, State.SUCCEEDED}),  # the latter: known from the cache
    State.QUEUED: frozenset({State.RUNNING, State.CANCELLED, State.FAILED, State.EXPIRED}),
    State.RUNNING: frozenset({State.QUEUED, State.SUCCEEDED, State.FAILED, State.CANCELLED}),
    State.SUCCEEDED: frozenset({State.EXPIRED}),
    State.FAILED: frozenset({State.EXPIRED}),
    State.CANCELLED: frozenset({State.EXPIRED}),
    State.EXPIRED: frozenset(),
}
"""Every way from one state to another."""


class Kind(StrEnum):
    """What is to be done with the picture."""

    CONVERT = "convert"
    ANALYZE = "analyze"
    ADVISE = "advise"


@dataclass(frozen=True)
class Job:
    """One picture to be converted, as the database knows it."""

    id: str
    tenant: str
    """Whose it is: an account's id, or what stands for an anonymous caller's address."""
    queue: str
    options: Mapping[str, Any]
    picture: Mapping[str, Any]
    """sha256, bytes, format, width and height of what was handed in."""
    kind: Kind = Kind.CONVERT
    at_once: int = 1000
    """How many jobs of the tenant may run at once."""
    batch_id: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    """What the tenant wrote on it."""
    cache_key: str | None = None
    is_cached: bool = False
    state: State = State.QUEUED
    version: int = 1
    """Grows with every change, so that whoever watches knows what is new."""
    attempts: int = 0
    is_cancel_asked: bool = False
    lease_token: str | None = None
    phase: str | None = None
    percent: int = 0
    result: Mapping[str, Any] | None = None
    """What is known of the drawing, with its sha256 and bytes."""
    result_key: str | None = None
    error: Mapping[str, Any] | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    expires_at: datetime | None = None

    @property
    def picture_key(self) -> str:
        return f"{self.id}/{PICTURE}"

    @property
    def drawing_key(self) -> str:
        """Where this attempt writes its drawing; an attempt that lost its lease can't touch another's."""
        return f"{self.id}/{self.lease_token}{self.suffix}"

    @property
    def suffix(self) -> str:
        return ".svg" if self.kind is Kind.CONVERT else ".json"

    def key_of(self, form: str, *, refused: bool = False) -> str:
        """Where the drawing lies in another format, or why it cannot be had in it."""
        name = (self.result or {})["sha256"][:32]
        return f"{self.id}/{name}-{form}.refusal" if refused else f"{self.id}/{name}.{form}"

    def owns(self, name: str) -> bool:
        """Whether a blob of this name is its picture or its result, not what a lost attempt has left."""
        result = self.result_key and self.result_key.rpartition("/")[2]
        return name in {PICTURE, result} or bool(self.result and name.startswith(self.result["sha256"][:32]))

    def summary(self) -> dict[str, Any]:
        """What a webhook tells of it: enough to know what came of it, and where to look."""
        result = self.result or {}
        return {
            "id": self.id,
            "state": self.state,
            "batch_id": self.batch_id,
            "metadata": self.metadata,
            "created_at": self.created_at and self.created_at.isoformat(),
            "finished_at": self.finished_at and self.finished_at.isoformat(),
            "method": result.get("method"),
            "quality": result.get("quality"),
            "error": self.error,
            "url": f"/api/v1/jobs/{self.id}",
        }


@dataclass(frozen=True)
class Event:
    """A change of a job's state."""

    version: int
    state: State
    attempts: int
    at: datetime


@dataclass(frozen=True)
class Batch:
    """Jobs that were handed in together."""

    id: str
    tenant: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Replay:
    """What was made under an Idempotency-Key."""

    tenant: str
    route: str
    key: str
    fingerprint: str
    """Stands for what was asked, so that the same key for something else is noticed."""
    subject: str = ""
    """The job or batch that was made."""


@dataclass(frozen=True)
class Feedback:
    """What somebody says of a result."""

    rating: int
    preferred_method: str | None = None
    comment: str | None = None


@dataclass(frozen=True)
class Selection:
    """Which jobs of a tenant to list, the newest first."""

    tenant: str
    limit: int = 20
    before: str | None = None
    """An id: only jobs before it."""
    states: Sequence[State] = ()
    batch_id: str | None = None
    created_after: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


PICTURE = "picture"
"""How a job's picture is named among its blobs."""
JOB_ID = re.compile(r"job_[0-9a-f]{36}")


class _Ticks:
    """Milliseconds since 1970, never the same twice in one process."""

    def __init__(self) -> None:
        self._last = 0
        self._one_at_a_time = threading.Lock()

    def next(self) -> int:
        with self._one_at_a_time:
            self._last = max(self._last + 1, time.time_ns() // 1_000_000)
            return self._last


_ticks = _Ticks()


def new_id(kind: str) -> str:
    """An id that cannot be guessed, and sorts by time of creation."""
    return f"{kind}_{_ticks.next():012x}{secrets.token_hex(12)}"


def new_job_id() -> str:
    return new_id("job")


class Lease(Enum):
    """How a worker stands with a job that it has claimed."""

    HELD = "held"
    LOST = "lost"
    CANCEL_ASKED = "cancel asked"


class Repeated(Exception):
    """The Idempotency-Key has been used before; never shown to a user."""

    def __init__(self, replay: Replay) -> None:
        super().__init__(replay.subject)
        self.replay = replay


def too_many(count: int, coming: int, limit: int) -> TooManyJobs:
    """Why a tenant's further jobs are refused."""
    detail = f"{count} of your jobs are unfinished, and {coming} more would be over the limit of {limit}."
    return TooManyJobs(f"{detail} Wait until some are done.", limit=limit, actual=count + coming)


@dataclass(frozen=True)
class Crowd:
    """How many jobs there are, where somebody wants to hand in another."""

    queued: int
    """Of all tenants."""
    own: int
    """The tenant's own that are unfinished."""


class Jobs(Protocol):
    """The record of all jobs. Each method is one transaction, and every time is the database's own."""

    def add(
        self,
        new: Sequence[Job],
        retention_seconds: float,
        *,
        at_most: int | None = None,
        replay: Replay | None = None,
        batch: Batch | None = None,
    ) -> list[Job]:
        """Add jobs, all or none. Refused beyond `at_most` unfinished ones, and where the replay's key is known."""
        ...

    def replay(self, asked: Replay) -> Replay | None: ...
    def get(self, job_id: str) -> Job | None: ...
    def page(self, selection: Selection) -> list[Job]: ...
    def events(self, job_id: str, after: int = 0) -> list[Event]: ...
    def batch(self, batch_id: str) -> Batch | None: ...
    def count_unfinished(self) -> Mapping[State, int]: ...
    def crowd(self, tenant: str) -> Crowd:
        """How many there are, or were a moment ago."""
        ...

    def oldest_queued_seconds(self) -> float: ...
    def usage(self, tenant: str, days: int) -> list[Mapping[str, Any]]: ...
    def add_feedback(self, job: Job, said: Feedback) -> None: ...

    def unannounced(self, after_seconds: float, at_most: int) -> Iterable[Job]: ...
    def mark_announced(self, job_id: str) -> None: ...
    def mark_unannounced(self, job_id: str) -> None:
        """A new job counts as announced; this one could not be."""
        ...

    def held_back(self, ended: Job) -> Job | None:
        """A job that was not free while this one ran, and whose hint may have gone by."""
        ...

    def claim(self, queues: Iterable[str], token: str, lease_seconds: float, max_attempts: int) -> Job | None:
        """The job whose turn it is. Tenants take turns, and none has more at once than it may."""
        ...

    def extend(self, job: Job, lease_seconds: float, phase: str | None, percent: int) -> Lease: ...
    def succeed(self, job: Job, result: Mapping[str, Any], result_key: str) -> bool: ...
    def fail(self, job: Job, error: Mapping[str, Any]) -> bool: ...
    def give_back(self, job: Job, *, uncounted: bool = False) -> bool:
        """Queue it again; uncounted: the attempt was none, and there is no hurry to announce the job again."""
        ...

    def ask_to_cancel(self, job_id: str) -> Job | None:
        """Cancel it at once where it waits; tell its worker where it runs."""
        ...

    def cancel(self, job: Job) -> bool:
        """End what its worker has stopped."""
        ...

    def reap(self, max_attempts: int, error: Mapping[str, Any]) -> tuple[list[Job], list[Job]]: ...

    def check(self) -> None: ...
    def delete(self, job_id: str) -> Job | None:
        """Delete all that is known of a job, unless it runs: then it is given as it is."""
        ...

    def expire(self, at_most: int) -> list[str]:
        """Forget all but the name and fate of jobs that were kept for long enough."""
        ...

    def retried(self, within_seconds: float) -> Iterable[Job]:
        """Jobs that took several attempts and have ended lately: lost attempts may have left blobs."""
        ...

    def unrecorded(self, at_most: int) -> Sequence[Job]:
        """Conversions that have ended and are not yet remembered, the oldest first."""
        ...

    def mark_recorded(self, job_ids: Iterable[str]) -> set[str]:
        """Those of them that there are."""
        ...

    def purge(self, kept_seconds: float, at_most: int) -> int:
        """Forget the names too, and all else that has had its time."""
        ...

    def known(self, job_ids: Iterable[str]) -> set[str]:
        """Those of the jobs whose files are somebody's."""
        ...


class Blobs(Protocol):
    """Pictures and drawings, by key. A blob is there wholly or not at all."""

    def put(self, key: str, data: bytes) -> None: ...
    def get(self, key: str) -> bytes | None: ...
    def discard(self, key: str) -> None: ...
    def demand_room(self) -> None:
        """Refuse where there is hardly any left."""
        ...

    def tidy(self, job_id: str, owns: Callable[[str], bool]) -> None:
        """Delete those of a job's blobs that it does not own."""
        ...

    def remove(self, job_id: str) -> None: ...
    def older_than(self, seconds: float) -> Iterable[str]: ...
    def check(self) -> None: ...


class Queue(Protocol):
    """How a worker learns that there is work. It may lose or repeat a hint; the database will not."""

    def announce(self, job: Job) -> None: ...
    def announce_export(self, job: Job, form: str) -> None: ...
    def announce_delivery(self, delivery_id: str) -> None: ...


class Bell(Protocol):
    """How somebody who waits learns that a job has ended. It may be deaf; the database is not."""

    def heard(self, job_id: str) -> AbstractContextManager[threading.Event | None]:
        """Set when the job ends, or has just ended; None where the end would not be heard."""
        ...


class Roster(Protocol):
    """Which workers are there."""

    def sign_in(self, name: str) -> None: ...
    def sign_out(self, name: str) -> None: ...
    def present(self, within_seconds: float) -> list[str]: ...


@dataclass(frozen=True)
class Drawn:
    """What the converter made: SVG text, or JSON where it only looked, and what is known of it."""

    data: bytes
    facts: Mapping[str, Any] = field(default_factory=dict)


class Heartbeat(Protocol):
    """Called by a converter several times a second, with how far it is; raises to stop it."""

    def __call__(self, phase: str | None, percent: int) -> None: ...


class Converter(Protocol):
    """Whatever looks at pictures and makes drawings, out of harm's way."""

    def convert(
        self,
        picture: bytes,
        options: Mapping[str, Any],
        heartbeat: Heartbeat,
        seconds: float,
        circumstances: Circumstances = AT_EASE,
    ) -> Drawn: ...
    def analyze(self, picture: bytes, heartbeat: Heartbeat, seconds: float) -> Drawn: ...
    def advise(
        self,
        picture: bytes,
        options: Mapping[str, Any],
        heartbeat: Heartbeat,
        seconds: float,
        circumstances: Circumstances = AT_EASE,
    ) -> Drawn: ...
    def export(self, drawing: bytes, form: str, seconds: float) -> bytes: ...
