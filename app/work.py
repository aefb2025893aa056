"""The worker's side: take the job whose turn it is, do it, and see to it that it ends well or ends known."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import TypeAlias

import orjson
import structlog

from app.conversions import QUEUES, announce, read_drawing
from app.errors import (
    CancelAsked,
    ConverterLost,
    ConverterUnready,
    LeaseLost,
    PictureGone,
    StoreAway,
    WorkerCrashed,
)
from app.jobs import Converter, Drawn, Job, Kind, Lease, State
from app.reuse import keep_drawing, quarantine
from app.services import Services
from svgai.errors import SvgaiError

log = structlog.get_logger()

COMMIT_PATIENCE_SECONDS = 60.0
"""How long a finished result waits for a database that is away, as far as the lease lets it."""


End: TypeAlias = Callable[[Callable[[], bool]], bool]
"""How a job is ended: it is given what ends it, and says whether this host was well enough."""


def at_once(ending: Callable[[], bool]) -> bool:
    """End a job before anything else is done."""
    return ending()


def perform(
    services: Services,
    converter: Converter,
    queues: Iterable[str] = QUEUES,
    taken: Callable[[Job], None] = lambda _: None,
    freed: Callable[[], None] = lambda: None,
    end: End = at_once,
) -> Job | None:
    """Do the job whose turn it is; None where there is none, or where this host cannot do any just now.

    Safe to call any number of times. `taken` is told which job it is, and `freed` when its picture is done with, before
    others are told that there is room. `end` writes down what came of it, and says whether this host was well enough:
    now, or beside the next conversion, since disks take their time.
    """
    settings = services.settings
    job = services.jobs.claim(queues, secrets.token_hex(16), settings.lease_seconds, settings.max_attempts)
    if job is None:
        log.info("no job is free")
        return None
    taken(job)
    heartbeat = _Heartbeat(services, job)
    with structlog.contextvars.bound_contextvars(job_id=job.id, attempt=job.attempts):
        log.info("job started", queue=job.queue)
        outcome = _tried(lambda: _made(services, job, converter, heartbeat))
    freed()
    return job if end(lambda: _end(services, job, outcome, heartbeat)) else None


def _tried(make: Callable[[], Drawn]) -> Future[Drawn]:
    outcome: Future[Drawn] = Future()
    try:
        outcome.set_result(make())
    except Exception as error:  # noqa: BLE001 - raised again where the job ends
        outcome.set_exception(error)
    return outcome


def _end(services: Services, job: Job, outcome: Future[Drawn], heartbeat: _Heartbeat) -> bool:
    """Write down what came of a job, and tell of the next. Whether this host was well enough to do it."""
    with structlog.contextvars.bound_contextvars(job_id=job.id, attempt=job.attempts):
        is_well = _settled(services, job, outcome, heartbeat)
        waiting = services.jobs.held_back(job)
        if waiting:
            announce(services, waiting)
    return is_well


def _settled(services: Services, job: Job, outcome: Future[Drawn], heartbeat: _Heartbeat) -> bool:
    try:
        _succeed(services, job, outcome.result(), heartbeat)
    except CancelAsked:
        if services.jobs.cancel(job):
            log.info("job cancelled")
    except (StoreAway, ConverterUnready) as error:
        _wait_for_better_times(services, job, error)
        return False
    except SvgaiError as error:
        _fail(services, job, error)
    except ConverterLost as error:
        _retry(services, job, str(error))
    except LeaseLost:
        log.warning("lease lost; somebody else has the job")
    return True


def _made(services: Services, job: Job, converter: Converter, heartbeat: _Heartbeat) -> Drawn:
    picture = services.blobs.get(job.picture_key)
    if picture is None:
        raise PictureGone("The picture is no longer there.")
    seconds = services.settings.seconds_for(job.queue)
    if job.kind is Kind.ANALYZE:
        return converter.analyze(picture, heartbeat, seconds)
    do = converter.advise if job.kind is Kind.ADVISE else converter.convert
    return do(picture, job.options, heartbeat, seconds, services.weather.now())


class _Heartbeat:
    """Extends the lease while a conversion runs, and notes how far it is; not so often that it costs."""

    def __init__(self, services: Services, job: Job) -> None:
        self._services, self._job = services, job
        self._lease = services.settings.lease_seconds
        self.held_until = time.monotonic() + self._lease
        self._next = time.monotonic() + self._pause

    @property
    def _pause(self) -> float:
        return min(0.5, self._lease / 4)

    def __call__(self, phase: str | None, percent: int) -> None:
        if time.monotonic() < self._next:
            return
        try:
            self._extend(phase, percent)
        except StoreAway:
            # The lease holds on for a while, and the database may be back before it ends.
            if time.monotonic() > self.held_until:
                raise LeaseLost(self._job.id) from None
        self._next = time.monotonic() + self._pause

    def _extend(self, phase: str | None, percent: int) -> None:
        asked_at = time.monotonic()
        lease = self._services.jobs.extend(self._job, self._lease, phase, percent)
        if lease is Lease.LOST:
            raise LeaseLost(self._job.id)
        if lease is Lease.CANCEL_ASKED:
            raise CancelAsked(self._job.id)
        self.held_until = asked_at + self._lease


def _succeed(services: Services, job: Job, drawn: Drawn, heartbeat: _Heartbeat) -> None:
    services.blobs.put(job.drawing_key, drawn.data)
    result = {**drawn.facts, "sha256": hashlib.sha256(drawn.data).hexdigest(), "bytes": len(drawn.data)}
    if _committed(services, job, result, heartbeat):
        keep_drawing(services.cache, job.cache_key, drawn.data, result)
        if job.kind is Kind.CONVERT:
            services.metrics.count_conversion(result)
        if result.get("advice"):
            services.metrics.count_advice(result["advice"])
        log.info("job succeeded", method=result.get("method"), bytes=result["bytes"])
    else:
        services.blobs.discard(job.drawing_key)
        log.warning("lease lost before the result was written; it is dropped")


def _committed(services: Services, job: Job, result: dict[str, object], heartbeat: _Heartbeat) -> bool:
    """Commit the result, however often it takes while the lease may still hold."""
    patience = min(heartbeat.held_until, time.monotonic() + COMMIT_PATIENCE_SECONDS)
    while True:
        try:
            return services.jobs.succeed(job, result, job.drawing_key)
        except StoreAway:
            if time.monotonic() > patience:
                raise
            time.sleep(1.0)


def _fail(services: Services, job: Job, error: SvgaiError) -> None:
    if services.jobs.fail(job, error.as_dict()):
        if isinstance(error, WorkerCrashed):
            quarantine(services.cache, job.picture["sha256"])
        services.metrics.count_error(error.code)
        log.info("job failed", code=error.code, detail=error.detail)


def _retry(services: Services, job: Job, reason: str) -> None:
    """The converter died on this job: once is bad luck, every time is the picture."""
    if job.attempts >= services.settings.max_attempts:
        _fail(services, job, crashed(services))
    elif services.jobs.give_back(job):
        log.warning("job given back", reason=reason)
        announce(services, job)


def _wait_for_better_times(services: Services, job: Job, error: Exception) -> None:
    """A disk is full or a process cannot start: no fault of the picture, so the attempt does not count."""
    log.error("the job waits for better times", reason=str(error))
    services.metrics.count_error("host.unwell")
    with contextlib.suppress(StoreAway):  # the database may be what is away; then the lease ends
        services.jobs.give_back(job, uncounted=True)


def crashed(services: Services) -> WorkerCrashed:
    """Why a job that took all its workers down is not tried again."""
    tries = services.settings.max_attempts
    return WorkerCrashed(f"The conversion was lost {tries} times, most likely to this picture.", limit=tries)


def export(services: Services, converter: Converter, job_id: str, form: str) -> None:
    """Make a finished drawing in another format, or note why that cannot be. Safe to call any number of times."""
    job = services.jobs.get(job_id)
    if job is None or job.state is not State.SUCCEEDED or services.blobs.get(job.key_of(form)):
        return
    with structlog.contextvars.bound_contextvars(job_id=job.id, form=form):
        try:
            seconds = services.settings.seconds_for("fast")
            services.blobs.put(job.key_of(form), converter.export(read_drawing(services, job), form, seconds))
            log.info("drawing exported")
        except SvgaiError as error:
            services.blobs.put(job.key_of(form, refused=True), orjson.dumps(error.as_dict()))
            log.info("drawing not exported", code=error.code, detail=error.detail)
        except (ConverterLost, ConverterUnready) as error:
            log.warning("export lost; whoever wants it asks again", reason=str(error))
