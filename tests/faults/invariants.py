"""What must hold after every fault: no job lost, none done twice, nothing left behind."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select

from app.adapters.clock import clock
from app.adapters.database import Database
from app.adapters.tables import deliveries, events, jobs
from app.jobs import ALLOWED, State
from app.webhooks import Fate
from tests.faults.load import Answer

PICTURE = "picture"
OVERDUE_SECONDS = 60.0


@dataclass(frozen=True)
class Evidence:
    """All that can be known after a fault: the database, the files, what clients and the receiver were told."""

    jobs: Mapping[str, Row[Any]]
    events: Mapping[str, Sequence[Row[Any]]]
    promised: Mapping[str, set[str]]
    answers: Sequence[Answer]
    blobs: Path
    told: Mapping[str, set[str]]
    """Which webhook ids the receiver got for each job."""
    is_told: bool
    """Whether there is a receiver that wants to be told of every job."""
    max_attempts: int
    outage: bool
    """A part of the service was away, so that 503 with Retry-After was right."""

    @property
    def promised_ids(self) -> set[str]:
        return set().union(*self.promised.values())

    def ended(self) -> Iterator[Row[Any]]:
        return (job for job in self.jobs.values() if State(job.state).is_final)


@dataclass
class Verdict:
    """What was found wrong."""

    lost: set[str] = field(default_factory=set)
    duplicated: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)


def gather(database: Database, **more: Any) -> Evidence:
    """Read the evidence that the database holds."""
    with database.reading() as connection:
        found = {row.id: row for row in connection.execute(select(jobs, _overdue().label("is_overdue")))}
        history: dict[str, list[Row[Any]]] = {}
        for row in connection.execute(select(events).order_by(events.c.job_id, events.c.version)):
            history.setdefault(row.job_id, []).append(row)
    return Evidence(jobs=found, events=history, **more)


def _overdue() -> Any:
    return (jobs.c.state == State.RUNNING) & (jobs.c.lease_until < clock(-OVERDUE_SECONDS))


def judge(evidence: Evidence) -> Verdict:
    """Hold the evidence against I1 to I7."""
    verdict = Verdict()
    verdict.lost = set(_lost(evidence))
    verdict.duplicated = set(_duplicated(evidence))
    for name, check in CHECKS.items():
        verdict.faults += [f"{name}: {fault}" for fault in check(evidence)]
    return verdict


def _lost(evidence: Evidence) -> Iterator[str]:
    """I1: every job that was promised has ended."""
    for job_id in evidence.promised_ids:
        job = evidence.jobs.get(job_id)
        if job is None or not State(job.state).is_final:
            yield job_id


def _duplicated(evidence: Evidence) -> Iterator[str]:
    """No job has succeeded twice or left two results, and no key has made two jobs."""
    for job_id, history in evidence.events.items():
        if sum(event.state == State.SUCCEEDED for event in history) > 1:
            yield job_id
    for job in evidence.jobs.values():
        if len(_results(evidence, job.id)) > 1:
            yield job.id
    yield from (key for key, made in evidence.promised.items() if len(made) > 1)


def _results(evidence: Evidence, job_id: str) -> list[Path]:
    folder = evidence.blobs / job_id
    return [path for path in folder.iterdir() if path.name != PICTURE] if folder.is_dir() else []


def _every_promise_is_kept(evidence: Evidence) -> Iterator[str]:
    for job_id in _lost(evidence):
        job = evidence.jobs.get(job_id)
        yield f"{job_id} is {job.state if job else 'unknown'} ({job.attempts if job else 0} attempts)"


def _one_result_for_each_success(evidence: Evidence) -> Iterator[str]:
    for job in evidence.ended():
        results = _results(evidence, job.id)
        if job.state != State.SUCCEEDED:
            yield from (f"{job.id} {job.state}, yet has {path.name}" for path in results)
        elif [f"{job.id}/{path.name}" for path in results] != [job.result_key]:
            yield f"{job.id} has {[path.name for path in results]}, not {job.result_key}"
        elif hashlib.sha256(results[0].read_bytes()).hexdigest() != job.result["sha256"]:
            yield f"{job.id}'s result is not what the database says"


def _one_webhook_for_each_end(evidence: Evidence) -> Iterator[str]:
    if not evidence.is_told:
        return
    for job in evidence.ended():
        ids = evidence.told.get(job.id, set())
        if job.batch_id is None and len(ids) != 1 and job.id in evidence.promised_ids:
            yield f"{job.id} was told of under {len(ids)} ids"


def _bounded_attempts(evidence: Evidence) -> Iterator[str]:
    for job in evidence.jobs.values():
        if job.attempts > evidence.max_attempts:
            yield f"{job.id} had {job.attempts} attempts"
        if job.is_overdue:
            yield f"{job.id} runs without a lease"


def _nothing_left_behind(evidence: Evidence) -> Iterator[str]:
    for path in evidence.blobs.rglob("*"):
        if path.suffix == ".part" or path.name.startswith(".probe"):
            yield f"{path.name} was left in {path.parent.name}"
        elif path.parent == evidence.blobs and path.name not in evidence.jobs:
            yield f"{path.name} belongs to no job"


def _allowed_moves(evidence: Evidence) -> Iterator[str]:
    for job_id, history in evidence.events.items():
        moves = pairwise([None, *(State(event.state) for event in history)])
        yield from (f"{job_id} went from {a} to {b}" for a, b in moves if b not in ALLOWED[a])
        if history[-1].state != evidence.jobs[job_id].state:
            yield f"{job_id} is {evidence.jobs[job_id].state}, its last event says {history[-1].state}"


def _no_fault_of_ours(evidence: Evidence) -> Iterator[str]:
    excused = {503} if evidence.outage else set()
    wrong = Counter(
        answer.status
        for answer in evidence.answers
        if answer.status >= 500 and not (answer.status in excused and answer.retry_after)
    )
    yield from (f"{count} answers with {status}" for status, count in wrong.items())


CHECKS: dict[str, Callable[[Evidence], Iterator[str]]] = {
    "I1": _every_promise_is_kept,
    "I2": _one_result_for_each_success,
    "I3": _one_webhook_for_each_end,
    "I4": _bounded_attempts,
    "I5": _nothing_left_behind,
    "I6": _allowed_moves,
    "I7": _no_fault_of_ours,
}


def undelivered(database: Database, endpoint_id: str) -> int:
    """Messages that the receiver still has to get."""
    query = select(deliveries.c.id).where(deliveries.c.endpoint_id == endpoint_id, deliveries.c.state == Fate.PENDING)
    with database.reading() as connection:
        return len(connection.execute(query).all())
