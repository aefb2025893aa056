"""A job, its states, and the ports through which the use cases reach the world."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class State(StrEnum):
    """Where a job is in its life; the last two are final."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        return self in {State.SUCCEEDED, State.FAILED}


@dataclass(frozen=True)
class Job:
    """One picture to be converted, as the database knows it."""

    id: str
    queue: str
    options: Mapping[str, Any]
    picture: Mapping[str, Any]
    """sha256, bytes, format, width and height of what was handed in."""
    state: State = State.QUEUED
    attempts: int = 0
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
        return f"{self.id}/picture"

    @property
    def drawing_key(self) -> str:
        """Where this attempt writes its drawing; an attempt that lost its lease can't touch another's."""
        return f"{self.id}/{self.lease_token}.svg"


JOB_ID = re.compile(r"job_[0-9a-f]{36}")


def new_job_id() -> str:
    """An id that cannot be guessed, and sorts by time of creation."""
    return f"job_{time.time_ns() // 1_000_000:012x}{secrets.token_hex(12)}"


class Jobs(Protocol):
    """The record of all jobs. Each method is one transaction, and every time is the database's own."""

    def add(self, job: Job, retention_seconds: float) -> Job: ...
    def get(self, job_id: str) -> Job | None: ...
    def count_unfinished(self) -> Mapping[State, int]: ...
    def oldest_queued_seconds(self) -> float: ...

    def unannounced(self, after_seconds: float, at_most: int) -> Iterable[Job]: ...
    def mark_announced(self, job_id: str) -> None: ...

    def claim(self, job_id: str, token: str, lease_seconds: float, max_attempts: int) -> Job | None: ...
    def extend(self, job: Job, lease_seconds: float, phase: str | None, percent: int) -> bool: ...
    def succeed(self, job: Job, result: Mapping[str, Any], result_key: str) -> bool: ...
    def fail(self, job: Job, error: Mapping[str, Any]) -> bool: ...
    def give_back(self, job: Job, *, uncounted: bool = False) -> bool:
        """Queue it again; uncounted: the attempt was none, and there is no hurry to announce the job again."""
        ...

    def reap(self, max_attempts: int, error: Mapping[str, Any]) -> tuple[list[str], list[str]]: ...

    def check(self) -> None: ...
    def remove_expired(self, at_most: int) -> list[str]: ...
    def known(self, job_ids: Iterable[str]) -> set[str]: ...


class Blobs(Protocol):
    """Pictures and drawings, by key. A blob is there wholly or not at all."""

    def put(self, key: str, data: bytes) -> None: ...
    def get(self, key: str) -> bytes | None: ...
    def remove(self, job_id: str) -> None: ...
    def older_than(self, seconds: float) -> Iterable[str]: ...
    def check(self) -> None: ...


class Queue(Protocol):
    """How a worker learns that there is work. It may lose or repeat a hint; the database will not."""

    def announce(self, job: Job) -> None: ...


class Roster(Protocol):
    """Which workers are there."""

    def sign_in(self, name: str) -> None: ...
    def sign_out(self, name: str) -> None: ...
    def present(self, within_seconds: float) -> list[str]: ...


@dataclass(frozen=True)
class Drawn:
    """A drawing that the converter made: SVG text and what is known of it."""

    svg: bytes
    facts: Mapping[str, Any] = field(default_factory=dict)


class Heartbeat(Protocol):
    """Called by a converter several times a second, with how far it is; raises to stop it."""

    def __call__(self, phase: str | None, percent: int) -> None: ...


class Converter(Protocol):
    """Whatever turns a picture into a drawing, out of harm's way."""

    def convert(self, picture: bytes, options: Mapping[str, Any], heartbeat: Heartbeat) -> Drawn: ...
