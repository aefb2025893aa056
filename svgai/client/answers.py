"""What the service answers with, as far as programs mostly need it; the rest is in `facts`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from svgai.client.errors import AnswerUnreadable, ClientError
from svgai.result import Quality

T = TypeVar("T")

UNFINISHED = frozenset({"queued", "running"})


@dataclass(frozen=True)
class Progress:
    """How far a job is."""

    state: str
    percent: int
    phase: str | None


@dataclass(frozen=True)
class Job:
    """One picture that was handed in."""

    id: str
    kind: str
    state: str
    """queued, running, succeeded, failed or cancelled."""
    percent: int
    phase: str | None
    batch_id: str | None
    metadata: Mapping[str, str]
    is_cached: bool
    quality: Quality | None
    warnings: tuple[str, ...]
    error: Mapping[str, Any] | None
    facts: Mapping[str, Any] = field(repr=False)
    """All that the service says of it."""

    @property
    def is_done(self) -> bool:
        return self.state not in UNFINISHED

    @property
    def progress(self) -> Progress:
        return Progress(self.state, self.percent, self.phase)

    @classmethod
    def of(cls, facts: Any) -> Job:
        """The job that the service tells of."""
        return _read(cls._of, facts)

    @classmethod
    def _of(cls, facts: Mapping[str, Any]) -> Job:
        quality, progress = facts["quality"], facts["progress"]
        return cls(
            id=facts["id"],
            kind=facts["kind"],
            state=facts["state"],
            percent=progress["percent"],
            phase=progress["phase"],
            batch_id=facts["batch_id"],
            metadata=facts["metadata"],
            is_cached=facts["cached"],
            quality=quality and Quality(quality["ssim"], quality["delta_e"]),
            warnings=tuple(facts["warnings"]),
            error=facts["error"],
            facts=facts,
        )


class JobUnsuccessful(ClientError):
    """The job ended without a result; `code` and `detail` say why."""

    def __init__(self, job: Job) -> None:
        error = job.error or {}
        self.job = job
        self.code = str(error.get("code", f"job.{job.state}"))
        self.detail = str(error.get("detail", f"The job was {job.state}."))
        super().__init__(f"{self.detail} ({self.code}, {job.id})")


@dataclass(frozen=True)
class Batch:
    """Pictures that were handed in together."""

    id: str
    is_done: bool
    jobs: tuple[Job, ...]
    """In the order of the pictures."""
    metadata: Mapping[str, str]
    facts: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, facts: Any) -> Batch:
        """The batch that the service tells of."""
        return _read(cls._of, facts)

    @classmethod
    def _of(cls, facts: Mapping[str, Any]) -> Batch:
        jobs = tuple(map(Job.of, facts["jobs"]))
        return cls(facts["id"], facts["is_done"], jobs, facts["metadata"], facts)


def _read(reader: Callable[[Any], T], facts: Any) -> T:
    try:
        return reader(facts)
    except (KeyError, TypeError, AttributeError) as fault:
        said = f"{type(fault).__name__}: {fault}"
        raise AnswerUnreadable(f"The service's answer lacks what this client knows of ({said}).") from None
