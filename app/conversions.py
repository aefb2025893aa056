"""The use cases of whoever hands in pictures: submit, find, list, read, cancel, delete, say what one thinks.

The database owns every job; what goes through the queue is a hint that may be lost or repeated
(docs/architecture.md, "A job's life"). `app.work` is the worker's side, `app.upkeep` the schedule's.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import orjson
import structlog

from app.accounts import Caller
from app.errors import (
    BatchNotFound,
    IdempotencyMismatch,
    JobCancelled,
    JobExpired,
    JobFailed,
    JobNotFound,
    JobNotReady,
    JobRunning,
    PictureQuarantined,
    QueueFull,
    StoreAway,
)
from app.jobs import (
    JOB_ID,
    Batch,
    Crowd,
    Event,
    Feedback,
    Job,
    Kind,
    Repeated,
    Replay,
    Selection,
    State,
    new_id,
    new_job_id,
    too_many,
)
from app.records import Record
from app.reuse import is_quarantined, known_drawing, models_digest, reuse_key
from app.services import Services
from app.settings import Settings
from svgai import Options
from svgai.errors import SvgaiError
from svgai.files.header import read_header

log = structlog.get_logger()

QUEUES = ("fast", "standard", "refined")
"""Queues by effort; a worker serves them all unless it is told otherwise."""

FAST_PIXELS = 1_048_576
"""A picture with more is not done in a moment, whatever the method."""

OPTIONS_OF: Mapping[Kind, frozenset[str]] = {
    Kind.CONVERT: frozenset(each.name for each in fields(Options)),
    Kind.ANALYZE: frozenset(),
    Kind.ADVISE: frozenset({"quality_target", "time_budget"}),
}
"""Which options make a difference to what kind of job."""


@dataclass(frozen=True)
class Order:
    """A picture, and what is to be done with it."""

    picture: bytes
    options: Options = field(default_factory=Options)
    kind: Kind = Kind.CONVERT
    metadata: Mapping[str, str] = field(default_factory=dict)

    def fingerprint(self) -> str:
        """Stands for all that was asked."""
        picture = hashlib.sha256(self.picture).hexdigest()
        return _digest([picture, asdict(self.options), self.kind, dict(self.metadata)])


@dataclass(frozen=True)
class Promise:
    """The Idempotency-Key of a request, on its route: the same request twice makes one job."""

    route: str
    key: str


# --- handing in


def submit(services: Services, caller: Caller, order: Order, promise: Promise | None = None) -> tuple[Job, bool]:
    """Take a picture in: its job, and whether it was handed in before. Once this returns, the job is safe."""
    replay = _replay(caller, promise, order.fingerprint)
    earlier = _earlier(services, replay)
    if earlier:
        return find(services, caller, earlier), True
    crowd = _uncrowded(services, caller, 1)
    job = _prepared(services, caller, order)
    _refuse_when_full(services, crowd, [job])
    try:
        return _kept(services, caller, [(job, order)], replay=replay and replace(replay, subject=job.id))[0], False
    except Repeated as repeated:
        return find(services, caller, _same(repeated.replay, replay)), True


def submit_batch(
    services: Services,
    caller: Caller,
    orders: Sequence[Order],
    metadata: Mapping[str, str],
    promise: Promise | None = None,
) -> tuple[Batch, bool]:
    """Take pictures in together, all or none."""
    replay = _replay(caller, promise, lambda: _digest([[order.fingerprint() for order in orders], dict(metadata)]))
    earlier = _earlier(services, replay)
    if earlier:
        return find_batch(services, caller, earlier)[0], True
    crowd = _uncrowded(services, caller, len(orders))
    batch = Batch(new_id("batch"), caller.tenant, metadata)
    pairs = []
    for number, order in enumerate(orders):
        with _pointed_at(f"items/{number}"):
            pairs.append((replace(_prepared(services, caller, order), batch_id=batch.id), order))
    _refuse_when_full(services, crowd, [job for job, _ in pairs])
    try:
        _kept(services, caller, pairs, replay=replay and replace(replay, subject=batch.id), batch=batch)
    except Repeated as repeated:
        return find_batch(services, caller, _same(repeated.replay, replay))[0], True
    return find_batch(services, caller, batch.id)[0], False


@contextlib.contextmanager
def _pointed_at(which: str) -> Iterator[None]:
    """Say of an error which of several pictures it is about."""
    try:
        yield
    except SvgaiError as error:
        error.option = which
        raise


def _prepared(services: Services, caller: Caller, order: Order) -> Job:
    """The job that an order makes; done already where the same was done before."""
    header = read_header(order.picture, services.settings.limits)
    services.blobs.demand_room()
    sha256 = hashlib.sha256(order.picture).hexdigest()
    if is_quarantined(services.cache, sha256):
        raise PictureQuarantined("This picture has taken worker after worker down. Save it anew in another program.")
    options = {name: value for name, value in asdict(order.options).items() if name in OPTIONS_OF[order.kind]}
    job = Job(
        id=new_job_id(),
        tenant=caller.tenant,
        kind=order.kind,
        queue=_queue_of(order, header.width * header.height),
        options=options,
        picture={"sha256": sha256, "bytes": len(order.picture), "format": header.format}
        | {"width": header.width, "height": header.height},
        at_once=caller.allowance.running_jobs,
        metadata=order.metadata,
        cache_key=reuse_key(caller.tenant, order.kind, sha256, options, _models_digest(services.settings)),
    )
    return _done_before(services, job)


def _models_digest(settings: Settings) -> str:
    """Stands for all models that may advise."""
    trial = settings.learned / "candidate" if settings.trial_share else None
    return models_digest(settings.models, *((settings.learned / "serving", trial) if settings.learns else ()))


def _queue_of(order: Order, pixels: int) -> str:
    if order.kind is Kind.CONVERT and order.options.method == "refined":
        return "refined"
    if order.kind is Kind.ADVISE:
        return "fast"  # large pictures are looked at here and there only
    is_quick = order.kind is Kind.ANALYZE or order.options.method in {"fast", "baseline"}
    return "fast" if is_quick and pixels <= FAST_PIXELS else "standard"


def _done_before(services: Services, job: Job) -> Job:
    known = known_drawing(services.cache, job.cache_key)
    if known is None:
        return job
    key = f"{job.id}/reused{job.suffix}"
    services.blobs.put(key, known.data)
    return replace(job, state=State.SUCCEEDED, is_cached=True, result=known.facts, result_key=key)


def _kept(
    services: Services,
    caller: Caller,
    pairs: Sequence[tuple[Job, Order]],
    *,
    replay: Replay | None,
    batch: Batch | None = None,
) -> list[Job]:
    """Write the pictures, then the jobs, then tell the workers."""
    coming = [pair for pair in pairs if not pair[0].state.is_final]
    with _undone_if_refused(services, [job for job, _ in pairs]):
        for job, order in coming:
            services.blobs.put(job.picture_key, order.picture)
        at_most = caller.allowance.unfinished_jobs
        seconds = services.settings.retention_hours * 3600
        jobs = services.jobs.add([job for job, _ in pairs], seconds, at_most=at_most, replay=replay, batch=batch)
    for job in jobs:
        log.info("job accepted", job_id=job.id, tenant=job.tenant, cached=job.is_cached, **job.picture)
        if not job.state.is_final and not _announced(services, job):
            services.jobs.mark_unannounced(job.id)
    return jobs


def _uncrowded(services: Services, caller: Caller, coming: int) -> Crowd:
    """Refuse early what would be refused anyway: overload is no time for work. `Jobs.add` looks again, exactly."""
    crowd, limit = services.jobs.crowd(caller.tenant), caller.allowance.unfinished_jobs
    if crowd.own + coming > limit:
        raise too_many(crowd.own, coming, limit)
    return crowd


@contextlib.contextmanager
def _undone_if_refused(services: Services, jobs: Sequence[Job]) -> Iterator[None]:
    """Files of jobs that the database refused go at once; where it is away it may have them, so `sweep` decides."""
    try:
        yield
    except (SvgaiError, Repeated) as error:
        if not isinstance(error, StoreAway):
            for job in jobs:
                services.blobs.remove(job.id)
        raise


def _refuse_when_full(services: Services, crowd: Crowd, new: Sequence[Job]) -> None:
    """Refuse what has to wait where too much waits. What is done already is welcome."""
    limit, coming = services.settings.max_queue_size, sum(not job.state.is_final for job in new)
    if coming and crowd.queued + coming > limit:
        raise QueueFull(
            f"{crowd.queued} jobs wait already; the limit is {limit}. Try again soon.",
            limit=limit,
            actual=crowd.queued + coming,
        )


def announce(services: Services, job: Job) -> bool:
    """Tell the workers of a job once more, and count it."""
    if not _announced(services, job):
        return False
    services.jobs.mark_announced(job.id)
    return True


def _announced(services: Services, job: Job) -> bool:
    """Tell the workers of a job. A broker that is away is no fault: the schedule repeats it."""
    try:
        services.queue.announce(job)
    except Exception as error:  # noqa: BLE001 - whatever a broker's client raises
        log.warning("job not announced", job_id=job.id, reason=type(error).__name__)
        services.metrics.count_error("queue.unreachable")
        return False
    return True


def _digest(document: Any) -> str:
    return hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _replay(caller: Caller, promise: Promise | None, fingerprint: Callable[[], str]) -> Replay | None:
    return Replay(caller.tenant, promise.route, promise.key, fingerprint()) if promise else None


def _earlier(services: Services, asked: Replay | None) -> str | None:
    """The job or batch that was made under the same key, if there is one."""
    found = services.jobs.replay(asked) if asked else None
    return _same(found, asked) if found else None


def _same(found: Replay, asked: Replay | None) -> str:
    if asked is None or found.fingerprint != asked.fingerprint:
        raise IdempotencyMismatch(
            f"The Idempotency-Key {found.key!a:.140} was used for another request within the last 24 hours. "
            "Use a new key for each picture and its options."
        )
    return found.subject


# --- asking


def find(services: Services, caller: Caller, job_id: str) -> Job:
    """The job, or an error. Another's job is not told from one that never was."""
    job = services.jobs.get(job_id) if JOB_ID.fullmatch(job_id) else None
    if job is None or not may_see(caller, job.tenant):
        kept = f"Jobs are kept for {services.settings.retention_hours:g} hours."
        raise JobNotFound(f"There is no job {job_id!a:.80}. {kept}")
    if job.state is State.EXPIRED:
        kept = f"It was kept for {services.settings.retention_hours:g} hours"
        raise JobExpired(f"The job {job.id} has expired. {kept}; hand the picture in again.")
    return job


def may_see(caller: Caller, tenant: str) -> bool:
    """An account's things are its own; what strangers handed in is for whoever has the id."""
    return tenant == caller.tenant or tenant.startswith("anon")


def find_batch(services: Services, caller: Caller, batch_id: str) -> tuple[Batch, list[Job]]:
    """The batch and its jobs, in the order in which they were handed in."""
    batch = services.jobs.batch(batch_id)
    if batch is None or batch.tenant != caller.tenant:
        raise BatchNotFound(f"There is no batch {batch_id!a:.80}.")
    jobs = services.jobs.page(Selection(batch.tenant, limit=services.settings.max_batch_size, batch_id=batch.id))
    return batch, jobs[::-1]


def page(services: Services, selection: Selection) -> tuple[list[Job], str | None]:
    """Jobs of a tenant, and where the next page begins, if there is one."""
    found = services.jobs.page(replace(selection, limit=selection.limit + 1))
    jobs = found[: selection.limit]
    return jobs, jobs[-1].id if len(found) > len(jobs) else None


def events(services: Services, job: Job, after: int = 0) -> list[Event]:
    """What happened to a job since then."""
    return services.jobs.events(job.id, after)


def usage(services: Services, caller: Caller, days: int) -> list[Mapping[str, Any]]:
    """What the caller's jobs took, day by day."""
    return services.jobs.usage(caller.tenant, days)


# --- results


def read_drawing(services: Services, job: Job) -> bytes:
    """The result of a job that is done."""
    _demand_result(job)
    drawing = services.blobs.get(job.result_key or "")
    if drawing is None:
        raise JobNotFound(f"The result of {job.id} has been deleted.")
    return drawing


def read_export(services: Services, job: Job, form: str) -> bytes | None:
    """The drawing in another format; None until a worker has made it."""
    _demand_result(job)
    made = services.blobs.get(job.key_of(form))
    if made is not None:
        return made
    refusal = services.blobs.get(job.key_of(form, refused=True))
    if refusal is not None:
        raise SvgaiError.from_dict(orjson.loads(refusal))
    return None


def lacks_export(services: Services, job: Job, form: str) -> bool:
    """Whether a worker has yet to make the drawing in another format, or to say why it cannot."""
    try:
        return read_export(services, job, form) is None
    except SvgaiError:
        return False


def ask_for_export(services: Services, job: Job, form: str) -> None:
    """Have a worker make the drawing in another format."""
    try:
        services.queue.announce_export(job, form)
    except Exception as error:
        log.warning("export not announced", job_id=job.id, reason=type(error).__name__)
        raise StoreAway("The workers cannot be reached just now. Try again soon.") from error


def _demand_result(job: Job) -> None:
    if job.state is State.FAILED:
        raise JobFailed(f"The job failed: {(job.error or {}).get('detail', 'no reason is known')}")
    if job.state is State.CANCELLED:
        raise JobCancelled("The job was cancelled before it had a result.")
    if job.state is not State.SUCCEEDED:
        raise JobNotReady(f"The job is {job.state}. Ask again in a second.")


# --- changing one's mind


def cancel(services: Services, job: Job) -> Job:
    """Stop a job: at once where it waits, within seconds where it runs. What has ended stays as it is."""
    if job.state.is_final:
        return job
    job = services.jobs.ask_to_cancel(job.id) or job
    log.info("job cancelled" if job.state.is_final else "asked to cancel", job_id=job.id)
    return job


def delete(services: Services, job: Job) -> None:
    """Delete a job with its picture and its result, and what is remembered of them."""
    if job.state is State.QUEUED:
        job = cancel(services, job)  # so that its batch gets to know
    if job.state is not State.RUNNING:
        services.records.discard(job.id)  # first, so that whoever is refused here can ask again
    found = services.jobs.delete(job.id)
    if found and found.state is State.RUNNING:
        raise JobRunning("The job is running. Cancel it first, then delete it.")
    services.blobs.remove(job.id)
    if job.cache_key:
        services.cache.discard(job.cache_key)
    with contextlib.suppress(StoreAway):
        services.records.discard(job.id)  # the schedule may have copied it meanwhile
    log.info("job deleted", job_id=job.id)


def give_feedback(services: Services, job: Job, said: Feedback) -> None:
    """Note what somebody says of a result."""
    _demand_result(job)
    services.jobs.add_feedback(job, said)
    if job.kind is Kind.CONVERT and not job.is_cached:
        services.records.add([Record.of(job)])  # the schedule may not have come to it yet
        services.records.rate(job.id, said.rating, said.preferred_method)
