"""The use cases: hand in a picture, convert it, and see to it that no job is ever lost.

The web and the workers are doors to these functions. The database owns every job; what goes
through the queue is a hint that may be lost or repeated (docs/architecture.md, "A job's life").
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import secrets
import time
from dataclasses import asdict, dataclass
from typing import Any

import structlog

from app.errors import (
    ConverterLost,
    ConverterUnready,
    JobFailed,
    JobNotFound,
    JobNotReady,
    LeaseLost,
    PictureGone,
    QueueFull,
    StoreAway,
    WorkerCrashed,
)
from app.jobs import JOB_ID, Blobs, Converter, Drawn, Job, Jobs, Queue, Roster, State, new_job_id
from app.metrics import Metrics
from app.settings import Settings
from svgai import Options
from svgai.errors import SvgaiError
from svgai.files.header import read_header

log = structlog.get_logger()

QUEUES = ("standard",)
"""Every queue there is; a worker serves them all unless it is told otherwise."""

ORPHAN_SECONDS = 3600.0
"""Age at which a blob without a job is nobody's: far more than a request takes between the two."""


BATCH = 200
"""Jobs that a duty takes on in one go."""


@dataclass(frozen=True)
class Services:
    """What the use cases work with; built once, by `app.factory.create_services`."""

    settings: Settings
    jobs: Jobs
    blobs: Blobs
    queue: Queue
    roster: Roster
    metrics: Metrics


def submit(services: Services, data: bytes, options: Options) -> Job:
    """Take a picture in. Once this returns, the job is safe whatever dies."""
    header = read_header(data, services.settings.limits)
    _refuse_when_full(services)
    picture = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} | {
        "format": header.format,
        "width": header.width,
        "height": header.height,
    }
    job = Job(id=new_job_id(), queue=QUEUES[0], options=asdict(options), picture=picture)
    services.blobs.put(job.picture_key, data)
    job = services.jobs.add(job, services.settings.retention_hours * 3600)
    log.info("job accepted", job_id=job.id, **picture)
    announce(services, job)
    return job


def _refuse_when_full(services: Services) -> None:
    limit = services.settings.max_queue_size
    waiting = services.jobs.count_unfinished()[State.QUEUED]
    if waiting >= limit:
        raise QueueFull(
            f"{waiting} jobs wait already; the limit is {limit}. Try again soon.", limit=limit, actual=waiting
        )


def announce(services: Services, job: Job) -> bool:
    """Tell the workers of a job. A broker that is away is no fault: `relay` repeats it."""
    try:
        services.queue.announce(job)
    except Exception as error:  # noqa: BLE001 - whatever a broker's client raises
        log.warning("job not announced", job_id=job.id, reason=type(error).__name__)
        services.metrics.count_error("queue.unreachable")
        return False
    services.jobs.mark_announced(job.id)
    return True


def find(services: Services, job_id: str) -> Job:
    """The job, or an error."""
    job = services.jobs.get(job_id) if JOB_ID.fullmatch(job_id) else None
    if job is None:
        raise JobNotFound(
            f"There is no job {job_id!a:.80}. Jobs are kept for {services.settings.retention_hours:g} hours."
        )
    return job


def read_drawing(services: Services, job: Job) -> bytes:
    """The SVG of a job that is done."""
    if job.state is State.FAILED:
        raise JobFailed(f"The job failed: {(job.error or {}).get('detail', 'no reason is known')}")
    if job.state is not State.SUCCEEDED:
        raise JobNotReady(f"The job is {job.state}. Ask again in a second.")
    drawing = services.blobs.get(job.result_key or "")
    if drawing is None:
        raise JobNotFound(f"The result of {job.id} has been deleted.")
    return drawing


def perform(services: Services, job_id: str, converter: Converter) -> None:
    """Do a job, if nobody else does. Safe to call any number of times."""
    settings = services.settings
    job = services.jobs.claim(job_id, secrets.token_hex(16), settings.lease_seconds, settings.max_attempts)
    if job is None:
        log.info("job is not free", job_id=job_id)
        return
    with structlog.contextvars.bound_contextvars(job_id=job.id, attempt=job.attempts):
        log.info("job started")
        try:
            _succeed(services, job, _convert(services, job, converter))
        except (StoreAway, ConverterUnready) as error:
            _wait_for_better_times(services, job, error)
        except SvgaiError as error:
            _fail(services, job, error)
        except ConverterLost as error:
            _retry(services, job, str(error))
        except LeaseLost:
            log.warning("lease lost; somebody else has the job")


def _convert(services: Services, job: Job, converter: Converter) -> Drawn:
    picture = services.blobs.get(job.picture_key)
    if picture is None:
        raise PictureGone("The picture is no longer there.")

    return converter.convert(picture, job.options, _Heartbeat(services, job))


class _Heartbeat:
    """Extends the lease while a conversion runs, and notes how far it is; not so often that it costs."""

    def __init__(self, services: Services, job: Job) -> None:
        self._services, self._job = services, job
        self._lease = services.settings.lease_seconds
        self._held_until = time.monotonic() + self._lease
        self._next = time.monotonic() + self._pause

    @property
    def _pause(self) -> float:
        return min(0.5, self._lease / 4)

    def __call__(self, phase: str | None, percent: int) -> None:
        if time.monotonic() < self._next:
            return
        try:
            if not self._services.jobs.extend(self._job, self._lease, phase, percent):
                raise LeaseLost(self._job.id)
            self._held_until = time.monotonic() + self._lease
        except StoreAway:
            # The lease holds on for a while, and the database may be back before it ends.
            if time.monotonic() > self._held_until:
                raise LeaseLost(self._job.id) from None
        self._next = time.monotonic() + self._pause


def _succeed(services: Services, job: Job, drawn: Drawn) -> None:
    services.blobs.put(job.drawing_key, drawn.svg)
    result = {**drawn.facts, "sha256": hashlib.sha256(drawn.svg).hexdigest(), "bytes": len(drawn.svg)}
    if services.jobs.succeed(job, result, job.drawing_key):
        services.metrics.count_conversion(result)
        log.info("job succeeded", method=result.get("method"), svg_bytes=result["bytes"])
    else:
        log.warning("lease lost before the result was written; it is dropped")


def _fail(services: Services, job: Job, error: SvgaiError) -> None:
    if services.jobs.fail(job, error.as_dict()):
        services.metrics.count_error(error.code)
        log.info("job failed", code=error.code, detail=error.detail)


def _retry(services: Services, job: Job, reason: str) -> None:
    """The converter died on this job: once is bad luck, every time is the picture."""
    if job.attempts >= services.settings.max_attempts:
        _fail(services, job, _crashed(services))
    elif services.jobs.give_back(job):
        log.warning("job given back", reason=reason)
        announce(services, job)


def _wait_for_better_times(services: Services, job: Job, error: Exception) -> None:
    """A disk is full or a process cannot start: no fault of the picture, so the attempt does not count."""
    log.error("the job waits for better times", reason=str(error))
    services.metrics.count_error("host.unwell")
    with contextlib.suppress(StoreAway):  # the database may be what is away; then the lease ends
        services.jobs.give_back(job, uncounted=True)


def _crashed(services: Services) -> WorkerCrashed:
    tries = services.settings.max_attempts
    return WorkerCrashed(f"The conversion was lost {tries} times, most likely to this picture.", limit=tries)


def relay(services: Services) -> int:
    """Announce what was never announced, or so long ago that the hint may be lost."""
    due = services.jobs.unannounced(services.settings.republish_seconds, BATCH)
    announced = 0
    for job in due:
        if not announce(services, job):
            break  # the broker is away: the rest would only wait for it in vain
        announced += 1
    return announced


def reap(services: Services) -> int:
    """Free the jobs whose workers have gone silent."""
    again, ended = services.jobs.reap(services.settings.max_attempts, _crashed(services).as_dict())
    for job_id in again:
        log.warning("job freed: its worker is gone", job_id=job_id)
    for job_id in ended:
        services.metrics.count_error(WorkerCrashed.code)
        log.error("job failed: its workers were lost", job_id=job_id)
    return len(again) + len(ended)


def forget(services: Services) -> int:
    """Delete what has been kept for long enough."""
    forgotten = 0
    while expired := services.jobs.remove_expired(BATCH):
        for job_id in expired:
            services.blobs.remove(job_id)
        forgotten += len(expired)
        log.info("jobs forgotten", jobs=len(expired))
    return forgotten


def sweep(services: Services) -> int:
    """Delete blobs that no job owns: a process died between writing and committing, or committing and deleting."""
    swept = 0
    old = iter(services.blobs.older_than(ORPHAN_SECONDS))
    while batch := list(itertools.islice(old, BATCH)):
        orphans = set(batch) - services.jobs.known(batch)
        for job_id in orphans:
            services.blobs.remove(job_id)
        swept += len(orphans)
    if swept:
        log.info("orphans swept", blobs=swept)
    return swept


def check(services: Services) -> dict[str, Any]:
    """What the service depends on, each with what is wrong with it, or nothing."""
    return {"database": _fault(services.jobs.check), "storage": _fault(services.blobs.check)}


def _fault(probe: Any) -> str | None:
    try:
        probe()
    except Exception as error:  # noqa: BLE001 - a health check reports any fault
        log.warning("health check failed", reason=repr(error))
        return type(error).__name__
    return None
