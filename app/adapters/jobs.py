"""The record of jobs in PostgreSQL or SQLite. One method is one transaction.

Whenever a job comes into a state, a trigger writes the event, and `_settle` the usage and the news for webhooks, in the
same transaction: either all of it happened, or none.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate

from app.adapters.clock import clock
from app.adapters.database import Database, execute_soon, upserting
from app.adapters.tables import batches, deliveries, events, feedback, jobs, replays, usage
from app.adapters.webhooks import listening, write_news
from app.jobs import (
    UNFINISHED,
    Batch,
    Crowd,
    Event,
    Feedback,
    Job,
    Kind,
    Lease,
    Repeated,
    Replay,
    Selection,
    State,
    too_many,
)

NAMES = tuple(Job.__dataclass_fields__)
COLUMNS = [jobs.c[name] for name in NAMES]
GIVEN = (
    *("id", "tenant", "kind", "queue", "options", "picture", "at_once", "batch_id", "metadata", "cache_key"),
    *("state", "is_cached", "result", "result_key"),
)
"""What a new job brings along; the rest begins the same for all."""

NO_LEASE: dict[str, Any] = {"lease_token": None, "lease_until": None, "phase": None}
QUEUED_ANEW = NO_LEASE | {"state": State.QUEUED, "percent": 0, "announced_at": None, "announcements": 0}
BARE: dict[str, Any] = NO_LEASE | {
    "options": {},
    "picture": {},
    "metadata": {},
    "cache_key": None,
    "result": None,
    "result_key": None,
    "error": None,
}
"""What is left of an expired job's contents."""

EFFORT = {"fast": 1.0, "standard": 4.0, "refined": 20.0}
"""How much of its tenant's turn a job takes, by queue: about what it costs to do."""

SEVERAL = 8
"""So many jobs of a tenant may end at the same moment without one's end telling of another's."""

# SQLAlchemy takes longer to put a statement together than PostgreSQL takes to obey it, so what every job needs is put
# together once: here, or in functions that remember.
_OWN_UNFINISHED = (
    select(func.count()).where(jobs.c.tenant == bindparam("of"), jobs.c.state.in_(UNFINISHED)).scalar_subquery()
)
_QUEUED = jobs.c.state == State.QUEUED
_BY_ID = select(*COLUMNS).where(jobs.c.id == bindparam("job_id"))
_CROWD = select(
    select(func.count()).where(_QUEUED).scalar_subquery().label("queued"),
    _OWN_UNFINISHED.label("own"),
)
_LAST = (
    select(jobs.c.turn, jobs.c.queue)
    .where(_QUEUED, jobs.c.tenant == bindparam("of"))
    .order_by(jobs.c.turn.desc())
    .limit(1)
    .subquery()
)
_STANDING = select(
    select(func.min(jobs.c.turn)).where(_QUEUED).scalar_subquery().label("now"),
    _OWN_UNFINISHED.label("unfinished"),
    _LAST,
).select_from(select(literal(1)).subquery().outerjoin(_LAST, true()))
_OTHERS = jobs.alias()
_OTHERS_RUNNING = (
    select(func.count())
    .where(_OTHERS.c.tenant == jobs.c.tenant, _OTHERS.c.state == State.RUNNING, _OTHERS.c.id != jobs.c.id)
    .scalar_subquery()
)
_FIRST_QUEUED = select(*COLUMNS).where(_QUEUED).order_by(jobs.c.turn, jobs.c.id).limit(1)
_UNRECORDED = (
    select(*COLUMNS)
    .where(~jobs.c.is_recorded, jobs.c.state.in_([State.SUCCEEDED, State.FAILED]))
    .order_by(jobs.c.finished_at)
    .limit(bindparam("most"))
)
_END = (
    update(jobs)
    .where(jobs.c.id == bindparam("held"), jobs.c.state == State.RUNNING, jobs.c.lease_token == bindparam("token"))
    .values(**NO_LEASE, finished_at=clock(), version=jobs.c.version + 1)
    .returning(
        *COLUMNS,
        _OTHERS_RUNNING.between(jobs.c.at_once - SEVERAL, jobs.c.at_once - 1).label("was_full"),
        listening(jobs.c.tenant).exists().label("is_heard"),
    )
)

CROWD_SECONDS = 0.25
"""For so long a process knows how many jobs there are without asking: it is asked at every picture handed in."""
REPLAY_SECONDS = 24 * 3600.0
ENDS = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED})


class DatabaseJobs:
    """The promises are those of `app.jobs.Jobs`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._crowds = _Crowds()
        self._made_room: set[str] = set()
        """Jobs that ended here while their tenants had as many running as they may."""

    # --- handing in and asking

    def add(
        self,
        new: Sequence[Job],
        retention_seconds: float,
        *,
        at_most: int | None = None,
        replay: Replay | None = None,
        batch: Batch | None = None,
    ) -> list[Job]:
        tenant, coming = new[0].tenant, sum(not job.state.is_final for job in new)
        # The tenant's other requests wait until this one ends, so its limit holds exactly.
        with self._database.writing(lock=f"jobs of {tenant}") as connection:
            if replay:
                _remember(connection, replay)
            _count_accepted(connection, new)
            standing = _standing(connection, tenant)
            if at_most is not None and coming and standing.unfinished + coming > at_most:
                self._crowds.correct(tenant, own=standing.unfinished)
                raise too_many(standing.unfinished, coming, at_most)
            if batch:
                row = {"id": batch.id, "tenant": batch.tenant, "metadata": dict(batch.metadata)}
                times = {"created_at": clock(), "expires_at": clock(retention_seconds)}
                connection.execute(insert(batches).values(**row, **times))
            added = _insert(connection, new, standing.turn, retention_seconds)
            for job in added:
                _settle(connection, job)
        self._crowds.correct(tenant, more=coming)
        return added

    def replay(self, asked: Replay) -> Replay | None:
        with self._database.reading() as connection:
            return _replay(connection, asked)

    def get(self, job_id: str) -> Job | None:
        with self._database.reading() as connection:
            return _job(connection.execute(_BY_ID, {"job_id": job_id}).first())

    def page(self, selection: Selection) -> list[Job]:
        wanted = [jobs.c.tenant == selection.tenant, jobs.c.state != State.EXPIRED]
        if selection.before:
            wanted.append(jobs.c.id < selection.before)
        if selection.states:
            wanted.append(jobs.c.state.in_(selection.states))
        if selection.batch_id:
            wanted.append(jobs.c.batch_id == selection.batch_id)
        if selection.created_after:
            wanted.append(jobs.c.created_at > selection.created_after)
        wanted += [jobs.c.metadata[name].as_string() == value for name, value in selection.metadata.items()]
        query = select(*COLUMNS).where(*wanted).order_by(jobs.c.id.desc()).limit(selection.limit)
        with self._database.reading() as connection:
            return [_known(row) for row in connection.execute(query)]

    def events(self, job_id: str, after: int = 0) -> list[Event]:
        columns = [events.c[name] for name in Event.__dataclass_fields__]
        query = select(*columns).where(events.c.job_id == job_id, events.c.version > after).order_by(events.c.version)
        with self._database.reading() as connection:
            return [Event(**{**row._mapping, "state": State(row.state)}) for row in connection.execute(query)]

    def batch(self, batch_id: str) -> Batch | None:
        columns = [batches.c[name] for name in Batch.__dataclass_fields__]
        with self._database.reading() as connection:
            row = connection.execute(select(*columns).where(batches.c.id == batch_id)).first()
        return Batch(**row._mapping) if row else None

    def count_unfinished(self) -> Mapping[State, int]:
        query = select(jobs.c.state, func.count()).where(jobs.c.state.in_(UNFINISHED)).group_by(jobs.c.state)
        with self._database.reading() as connection:
            counts = {row.state: row[1] for row in connection.execute(query)}
        return {state: counts.get(state, 0) for state in UNFINISHED}

    def crowd(self, tenant: str) -> Crowd:
        crowd = self._crowds.of(tenant)
        if crowd is None:
            with self._database.reading() as connection:
                crowd = Crowd(**connection.execute(_CROWD, {"of": tenant}).one()._mapping)
            self._crowds.note(tenant, crowd)
        return crowd

    def oldest_queued_seconds(self) -> float:
        query = select(func.min(jobs.c.created_at), clock()).where(jobs.c.state == State.QUEUED)
        with self._database.reading() as connection:
            oldest, now = connection.execute(query).one()
        return max(0.0, (now - oldest).total_seconds()) if oldest else 0.0

    def usage(self, tenant: str, days: int) -> list[Mapping[str, Any]]:
        shown = [column for column in usage.c if column.name != "tenant"]
        query = select(*shown).where(usage.c.tenant == tenant).order_by(usage.c.day.desc()).limit(days)
        with self._database.reading() as connection:
            return [dict(row._mapping) for row in connection.execute(query)]

    def add_feedback(self, job: Job, said: Feedback) -> None:
        facts = {"picture": job.picture, "options": job.options, "result": job.result}
        row = {
            "rating": said.rating,
            "preferred_method": said.preferred_method,
            "comment": said.comment,
            "facts": facts,
            "created_at": clock(),
        }
        with self._writing() as connection:
            statement = upserting(connection)(feedback).values(job_id=job.id, tenant=job.tenant, **row)
            connection.execute(statement.on_conflict_do_update(index_elements=["job_id"], set_=row))

    # --- announcing

    def unannounced(self, after_seconds: float, at_most: int) -> list[Job]:
        with self._database.reading() as connection:
            return [_known(row) for row in connection.execute(_unannounced(after_seconds), {"most": at_most})]

    def mark_unannounced(self, job_id: str) -> None:
        with self._writing() as connection:
            connection.execute(update(jobs).where(jobs.c.id == job_id).values(announced_at=None, announcements=0))

    def mark_announced(self, job_id: str) -> None:
        values = {"announced_at": clock(), "announcements": jobs.c.announcements + 1}
        with self._writing() as connection:
            connection.execute(update(jobs).where(jobs.c.id == job_id, jobs.c.state == State.QUEUED).values(**values))

    def held_back(self, ended: Job) -> Job | None:
        # Either the tenant had as many running as it may, or a worker kept a place free from long work.
        if ended.id not in self._made_room and ended.queue != "refined":
            return None
        self._made_room.discard(ended.id)
        with self._database.reading() as connection:
            return _job(connection.execute(_FIRST_QUEUED).first())

    # --- working

    def claim(self, queues: Iterable[str], token: str, lease_seconds: float, max_attempts: int) -> Job | None:
        # Two workers at once must not take one job each of a tenant's last turn. A claim that is forgotten is made
        # again, and whoever made the first can no longer end the job.
        # Whoever cancels takes no part in the lock, and may come between; hardly five times.
        for _ in range(5):
            claim = _claiming(tuple(queues), lease_seconds, max_attempts)
            with self._database.single(lock="claim", lasts=False) as connection:
                row = connection.execute(claim, {"lease_token": token}).first()
            if row:
                return _known(row)
            with self._database.reading() as connection:
                if connection.scalar(_next_in_turn(queues, max_attempts)) is None:
                    return None
        return None

    def extend(self, job: Job, lease_seconds: float, phase: str | None, percent: int) -> Lease:
        values = {"lease_until": clock(lease_seconds), "phase": phase, "percent": percent}
        statement = update(jobs).where(_held(job)).values(**values, version=jobs.c.version + 1)
        with self._database.single() as connection:
            row = connection.execute(statement.returning(jobs.c.is_cancel_asked)).first()
        if row is None:
            return Lease.LOST
        return Lease.CANCEL_ASKED if row.is_cancel_asked else Lease.HELD

    def succeed(self, job: Job, result: Mapping[str, Any], result_key: str) -> bool:
        return self._end(job, State.SUCCEEDED, result=result, result_key=result_key, percent=100)

    def fail(self, job: Job, error: Mapping[str, Any]) -> bool:
        return self._end(job, State.FAILED, error=error)

    def cancel(self, job: Job) -> bool:
        return self._end(job, State.CANCELLED)

    def give_back(self, job: Job, *, uncounted: bool = False) -> bool:
        later = {"attempts": jobs.c.attempts - 1, "announced_at": clock(), "announcements": 1}
        with self._writing() as connection:
            return bool(_move(connection, _held(job), QUEUED_ANEW | later if uncounted else QUEUED_ANEW))

    def ask_to_cancel(self, job_id: str) -> Job | None:
        mine = jobs.c.id == job_id
        with self._writing() as connection:
            waits = and_(mine, jobs.c.state == State.QUEUED)
            if _move(connection, waits, {"state": State.CANCELLED, "finished_at": clock(), **NO_LEASE}):
                pass  # it waited, and is cancelled
            else:
                asked = {"is_cancel_asked": True, "version": jobs.c.version + 1}
                connection.execute(update(jobs).where(mine, jobs.c.state == State.RUNNING).values(**asked))
            return _job(connection.execute(select(*COLUMNS).where(mine)).first())

    def reap(self, max_attempts: int, error: Mapping[str, Any]) -> tuple[list[Job], list[Job]]:
        lost = and_(jobs.c.state == State.RUNNING, jobs.c.lease_until < clock())
        spent = jobs.c.attempts >= max_attempts
        # The second kind is what a lowered limit leaves behind: nobody may claim it any more.
        over = or_(and_(lost, spent), and_(jobs.c.state == State.QUEUED, spent))
        end = {"finished_at": clock(), **NO_LEASE}
        with self._writing() as connection:
            cancelled = _moved(connection, and_(lost, jobs.c.is_cancel_asked), {"state": State.CANCELLED, **end})
            again = _moved(connection, and_(lost, ~spent), QUEUED_ANEW)
            ended = _moved(connection, over, {"state": State.FAILED, "error": error, **end})
            # Jobs first, then the tenants' days: in the order in which workers lock them too.
            for job in (*cancelled, *ended):
                _settle(connection, job)
        return again, ended

    # --- forgetting

    def check(self) -> None:
        with self._database.reading() as connection:
            connection.execute(text("SELECT 1"))

    def delete(self, job_id: str) -> Job | None:
        with self._writing() as connection:
            row = connection.execute(select(*COLUMNS).where(jobs.c.id == job_id).with_for_update()).first()
            if row and row.state != State.RUNNING:
                for table, column in ((feedback, "job_id"), (deliveries, "subject"), (replays, "subject")):
                    connection.execute(delete(table).where(table.c[column] == job_id))
                connection.execute(delete(jobs).where(jobs.c.id == job_id))
        return _job(row)

    def expire(self, at_most: int) -> list[str]:
        # A job that runs is left to its worker; the lease will end it.
        idle = jobs.c.state.not_in([State.RUNNING, State.EXPIRED])
        old = select(jobs.c.id).where(jobs.c.expires_at < clock(), idle).limit(at_most)
        with self._writing() as connection:
            moved = _move(connection, and_(jobs.c.id.in_(old), idle), {"state": State.EXPIRED, **BARE})
        return [job.id for job in moved]

    def retried(self, within_seconds: float) -> list[Job]:
        ended = and_(jobs.c.state.not_in([*UNFINISHED, State.EXPIRED]), jobs.c.finished_at > clock(-within_seconds))
        with self._database.reading() as connection:
            return [_known(row) for row in connection.execute(select(*COLUMNS).where(ended, jobs.c.attempts > 1))]

    def unrecorded(self, at_most: int) -> list[Job]:
        with self._database.reading() as connection:
            return [_known(row) for row in connection.execute(_UNRECORDED, {"most": at_most})]

    def mark_recorded(self, job_ids: Iterable[str]) -> set[str]:
        marking = update(jobs).where(jobs.c.id.in_(list(job_ids))).values(is_recorded=True).returning(jobs.c.id)
        with self._database.single() as connection:
            return set(connection.scalars(marking))

    def purge(self, kept_seconds: float, at_most: int) -> int:
        gone = and_(jobs.c.state == State.EXPIRED, jobs.c.expires_at < clock(-kept_seconds))
        chosen = select(jobs.c.id).where(gone).limit(at_most)
        with self._writing() as connection:
            purged = connection.execute(delete(jobs).where(jobs.c.id.in_(chosen))).rowcount
            connection.execute(delete(replays).where(replays.c.expires_at < clock()))
            connection.execute(delete(batches).where(batches.c.expires_at < clock(-kept_seconds)))
        return purged

    def known(self, job_ids: Iterable[str]) -> set[str]:
        mine = and_(jobs.c.id.in_(list(job_ids)), jobs.c.state != State.EXPIRED)
        with self._database.reading() as connection:
            return set(connection.scalars(select(jobs.c.id).where(mine)))

    def _end(self, job: Job, state: State, **values: Any) -> bool:
        """End a job only while this worker still holds its lease."""
        with self._writing() as connection:
            held = {"held": job.id, "token": job.lease_token}
            row = connection.execute(_END, held | values | {"state": state}).first()
            if row:
                _settle(connection, _known(row), is_heard=row.is_heard)
                if row.was_full:
                    self._made_room.add(job.id)
            return row is not None or _has_ended_so(connection, job, state, values.get("result_key"))

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._database.writing() as connection:
            yield connection
        self._crowds = _Crowds()  # they are others now


class _Crowds:
    """The crowds that this process saw a moment ago, by tenant, and what it knows to have changed since."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[float, Crowd]] = {}

    def of(self, tenant: str) -> Crowd | None:
        seen_at, crowd = self._seen.get(tenant, (-math.inf, None))
        return crowd if time.monotonic() <= seen_at + CROWD_SECONDS else None

    def note(self, tenant: str, crowd: Crowd) -> None:
        if len(self._seen) > 1000:  # tenants are without number
            self._seen = {}
        self._seen[tenant] = time.monotonic(), crowd

    def correct(self, tenant: str, *, more: int = 0, own: int | None = None) -> None:
        """More wait than were seen; or the tenant is known to have so many.

        What it hands in itself is not added to its own: its jobs may be done by now, and whoever was told so must not
        be refused. If they are not, the database says so exactly, and the next ones are refused at once.
        """
        seen_at, crowd = self._seen.get(tenant, (0.0, None))
        if crowd:
            own = crowd.own if own is None else own
            self._seen[tenant] = seen_at, Crowd(crowd.queued + more, own)


def _has_ended_so(connection: Connection, job: Job, state: State, result_key: str | None) -> bool:
    """Whether this very result has been committed before: the answer to that COMMIT may have been lost."""
    so = (jobs.c.id == job.id, jobs.c.state == state, jobs.c.result_key == result_key)
    return result_key is not None and connection.scalar(select(literal(1)).where(*so)) is not None


def _held(job: Job) -> ColumnElement[bool]:
    return and_(jobs.c.id == job.id, jobs.c.state == State.RUNNING, jobs.c.lease_token == job.lease_token)


def _next_in_turn(queues: Iterable[str], max_attempts: int) -> Select[Any]:
    """The waiting job with the least turn, of a tenant that has not as many running as it may."""
    others = jobs.alias()
    running = select(func.count()).where(others.c.tenant == jobs.c.tenant, others.c.state == State.RUNNING)
    may = and_(
        jobs.c.state == State.QUEUED,
        jobs.c.queue.in_(list(queues)),
        jobs.c.attempts < max_attempts,
        running.scalar_subquery() < jobs.c.at_once,
    )
    return select(jobs.c.id).where(may).order_by(jobs.c.turn, jobs.c.id).limit(1)


@cache
def _claiming(queues: tuple[str, ...], lease_seconds: float, max_attempts: int) -> ReturningUpdate[Any]:
    chosen = _next_in_turn(queues, max_attempts).scalar_subquery()
    statement = update(jobs).where(jobs.c.id == chosen, jobs.c.state == State.QUEUED)
    return statement.values(
        state=State.RUNNING,
        version=jobs.c.version + 1,
        attempts=jobs.c.attempts + 1,
        lease_until=clock(lease_seconds),
        started_at=func.coalesce(jobs.c.started_at, clock()),
        percent=0,
        phase=None,
    ).returning(*COLUMNS)


@cache
def _unannounced(after_seconds: float) -> Select[Any]:
    # The wait doubles with each announcement: a long queue must not fill the broker with repeats.
    due = [
        and_(jobs.c.announcements == n, jobs.c.announced_at < clock(-after_seconds * 2 ** (n - 1))) for n in range(1, 8)
    ]
    due += [and_(jobs.c.announcements >= 8, jobs.c.announced_at < clock(-after_seconds * 2**7))]
    first = select(*COLUMNS).where(_QUEUED, or_(jobs.c.announced_at.is_(None), *due)).order_by(jobs.c.turn, jobs.c.id)
    return first.limit(bindparam("most"))


@cache
def _inserting(retention_seconds: float, *, is_final: bool) -> ReturningInsert[Any]:
    times = {"created_at": clock(), "expires_at": clock(retention_seconds)}
    if is_final:
        times |= {"started_at": clock(), "finished_at": clock()}
    # Counted as announced from the beginning, since that is the next thing to be done; see `mark_unannounced`.
    begin = {"version": 1, "attempts": 0, "is_cancel_asked": False, "announcements": 1, "announced_at": clock()}
    return insert(jobs).values(**times, **begin).returning(*COLUMNS)


def _insert(connection: Connection, new: Sequence[Job], turn: float, retention_seconds: float) -> list[Job]:
    added = []
    for job in new:
        row = {name: getattr(job, name) for name in GIVEN}
        row |= {"turn": turn, "percent": 100 if job.state.is_final else 0}
        row["is_recorded"] = job.kind is not Kind.CONVERT or job.is_cached  # no conversion, so nothing to remember
        statement = _inserting(retention_seconds, is_final=job.state.is_final)
        added.append(_known(connection.execute(statement, row).one()))
        turn += EFFORT.get(job.queue, 1.0)
    return added


class _Standing(NamedTuple):
    """How a tenant stands when it hands something in."""

    turn: float
    """Behind its own jobs, but never behind what others have handed in beyond their share."""
    unfinished: int


def _standing(connection: Connection, tenant: str) -> _Standing:
    row = connection.execute(_STANDING, {"of": tenant}).one()
    return _Standing(max(row.now or 0.0, (row.turn or 0.0) + EFFORT.get(row.queue, 0.0)), row.unfinished)


def _remember(connection: Connection, replay: Replay) -> None:
    """Take the key; whoever comes second waits until this transaction ends, and then finds it taken."""
    row = {name: getattr(replay, name) for name in Replay.__dataclass_fields__} | {"expires_at": clock(REPLAY_SECONDS)}
    connection.execute(delete(replays).where(*_same_key(replay), replays.c.expires_at < clock()))
    statement = upserting(connection)(replays).values(**row).on_conflict_do_nothing()
    if not connection.execute(statement.returning(replays.c.key)).first():
        found = _replay(connection, replay)
        if found:
            raise Repeated(found)


def _replay(connection: Connection, asked: Replay) -> Replay | None:
    columns = [replays.c[name] for name in Replay.__dataclass_fields__]
    query = select(*columns).where(*_same_key(asked), replays.c.expires_at > clock())
    row = connection.execute(query).first()
    return Replay(**row._mapping) if row else None


def _same_key(asked: Replay) -> list[ColumnElement[bool]]:
    return [replays.c[name] == getattr(asked, name) for name in ("tenant", "route", "key")]


def _move(connection: Connection, which: ColumnElement[bool], values: Mapping[str, Any]) -> list[Job]:
    """Change the state of jobs, with all that follows from it."""
    moved = _moved(connection, which, values)
    for job in moved:
        _settle(connection, job)
    return moved


def _moved(connection: Connection, which: ColumnElement[bool], values: Mapping[str, Any]) -> list[Job]:
    statement = update(jobs).where(which).values(**values, version=jobs.c.version + 1).returning(*COLUMNS)
    return [_known(row) for row in connection.execute(statement)]


def _settle(connection: Connection, job: Job, *, is_heard: bool = True) -> None:
    """What follows from a job's end; heard: its tenant may want to be told."""
    if job.state not in ENDS:
        return
    counts: dict[str, float] = {job.state: 1}
    if job.state is State.SUCCEEDED and not job.is_cached:
        counts["seconds"] = sum((job.result or {}).get("seconds", {}).values())
    _count(connection, job.tenant, (job.finished_at or datetime.now(UTC)).date(), counts)
    if is_heard or job.batch_id:
        write_news(connection, job)


def _count_accepted(connection: Connection, new: Sequence[Job]) -> None:
    """Count new jobs."""
    sizes, cached = sum(job.picture.get("bytes", 0) for job in new), sum(job.is_cached for job in new)
    counts = {"accepted": len(new), "bytes_in": sizes, "cached": cached}
    _count(connection, new[0].tenant, datetime.now(UTC).date(), counts)


def _count(connection: Connection, tenant: str, day: date, counts: Mapping[str, float]) -> None:
    """Add to a tenant's day, before the transaction ends."""
    row = {"tenant": tenant, "day": day, **_NOTHING, **counts}
    statement = _counting(upserting(connection), tuple(counts))
    execute_soon(connection, statement, {f"counted_{name}": value for name, value in row.items()})


_NOTHING: dict[str, float] = {column.name: 0 for column in usage.c if not column.primary_key}


@cache
def _counting(upsert: Any, names: tuple[str, ...]) -> Any:
    statement = upsert(usage).values({column.name: bindparam(f"counted_{column.name}") for column in usage.c})
    more = {name: usage.c[name] + statement.excluded[name] for name in names}
    return statement.on_conflict_do_update(index_elements=["tenant", "day"], set_=more)


def _job(row: Row[Any] | None) -> Job | None:
    return _known(row) if row else None


def _known(row: Row[Any]) -> Job:
    """The job of a row that begins with its columns."""
    facts = dict(zip(NAMES, row, strict=False))
    return Job(**facts | {"state": State(row.state), "kind": Kind(row.kind)})
