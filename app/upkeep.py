"""The schedule's side: what nobody asks for, and what keeps every promise when a process dies."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from app.conversions import announce
from app.errors import StoreAway, WorkerCrashed
from app.jobs import Job
from app.records import Record
from app.reuse import quarantine
from app.services import Services
from app.work import crashed

log = structlog.get_logger()

ORPHAN_SECONDS = 3600.0
"""Age at which a blob without a job is nobody's: far more than a request takes between the two."""

RETRIED_SECONDS = 3600.0
"""How long ago a job may have ended of which lost attempts are looked for: several sweeps long."""

BATCH = 200
"""Jobs that a duty takes on in one go."""

NAMES_KEPT_SECONDS = 30 * 24 * 3600.0
"""How long an expired job is still known to have been one."""


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
    again, ended = services.jobs.reap(services.settings.max_attempts, crashed(services).as_dict())
    for job in again:
        log.warning("job freed: its worker is gone", job_id=job.id)
    for job in ended:
        services.metrics.count_error(WorkerCrashed.code)
        quarantine(services.cache, job.picture["sha256"])
        log.error("job failed: its workers were lost", job_id=job.id)
    return len(again) + len(ended)


def record(services: Services) -> int:
    """Copy conversions that have ended into the quality record. Who dies in between does it again, to no effect."""
    ended = services.jobs.unrecorded(BATCH)
    if ended:
        _remember(services, ended)
        job_ids = {job.id for job in ended}
        for job_id in job_ids - services.jobs.mark_recorded(job_ids):
            services.records.discard(job_id)  # deleted meanwhile, when it was not yet there to be discarded
    return len(ended)


def _remember(services: Services, ended: Sequence[Job]) -> None:
    """Add conversions to the record; one that cannot be is left out, so that the others need not wait for it."""
    try:
        services.records.add([Record.of(job) for job in ended])
    except StoreAway:
        raise
    except Exception as error:
        if len(ended) == 1:
            log.error("a conversion cannot be recorded", job_id=ended[0].id, exc_info=error)
            return
        for job in ended:
            _remember(services, [job])


def forget_records(services: Services) -> int:
    """Delete from the quality record what has been kept for long enough."""
    forgotten = 0
    while gone := services.records.forget(services.settings.quality_retention_days * 86_400, BATCH):
        forgotten += gone
    return forgotten


def forget(services: Services) -> int:
    """Delete what has been kept for long enough: first the contents, much later the names."""
    forgotten = 0
    while expired := services.jobs.expire(BATCH):
        for job_id in expired:
            services.blobs.remove(job_id)
        forgotten += len(expired)
        log.info("jobs forgotten", jobs=len(expired))
    while services.jobs.purge(NAMES_KEPT_SECONDS, BATCH) >= BATCH:
        pass  # as many as go in one transaction; there may be more
    return forgotten


def sweep(services: Services, after_seconds: float = ORPHAN_SECONDS) -> int:
    """Delete blobs that no job owns: a process died between writing and committing, or committing and deleting."""
    for job in services.jobs.retried(RETRIED_SECONDS):
        services.blobs.tidy(job.id, job.owns)
    swept = 0
    old = iter(services.blobs.older_than(after_seconds))
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


def _fault(probe: Callable[[], object]) -> str | None:
    try:
        probe()
    except Exception as error:  # noqa: BLE001 - a health check reports any fault
        log.warning("health check failed", reason=repr(error))
        return type(error).__name__
    return None
