"""The record of jobs in PostgreSQL or SQLite. One method is one transaction.

Every change of a job's state goes through `_move`, which writes the event, the usage and the news for
webhooks in the same transaction: either all of it happened, or none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
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
from sqlalchemy.dialects import postgresql, sqlite

from app.adapters.clock import clock
from app.adapters.database import Database
from app.adapters.tables import batches, deliveries, events, feedback, jobs, replays, usage
from app.adapters.webhooks import write_news
from app.jobs import (
    UNFINISHED,
    Batch,
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

COLUMNS = [jobs.c[name] for name in Job.__dataclass_fields__]
GIVEN = ("id", "tenant", "kind", "queue", "options", "picture", "at_once", "batch_id", "metadata", "cache_key")
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

REPLAY_SECONDS = 24 * 3600.0
LOCKS = {"claim": 7365726702}
"""Names of locks in PostgreSQL; SQLite has one for all writing."""


class DatabaseJobs:
    """The promises are those of `app.jobs.Jobs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
        with self._database.writing() as connection:
            if replay:
                _remember(connection, replay)
            if at_most is not None:
                _refuse_beyond(connection, new, at_most)
            if batch:
                row = {"id": batch.id, "tenant": batch.tenant, "metadata": dict(batch.metadata)}
                times = {"created_at": clock(), "expires_at": clock(retention_seconds)}
                connection.execute(insert(batches).values(**row, **times))
            return _insert(connection, new, retention_seconds)

    def replay(self, asked: Replay) -> Replay | None:
        with self._database.reading() as connection:
            return _replay(connection, asked)

    def get(self, job_id: str) -> Job | None:
        with self._database.reading() as connection:
            return _job(connection.execute(select(*COLUMNS).where(jobs.c.id == job_id)).first())

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

    def count_unfinished_of(self, tenant: str) -> int:
        with self._database.reading() as connection:
            return connection.scalar(_unfinished_of(tenant)) or 0

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
        with self._database.writing() as connection:
            statement = _upserting(connection)(feedback).values(job_id=job.id, tenant=job.tenant, **row)
            connection.execute(statement.on_conflict_do_update(index_elements=["job_id"], set_=row))

    # --- announcing

    def unannounced(self, after_seconds: float, at_most: int) -> list[Job]:
        # The wait doubles with each announcement: a long queue must not fill the broker with repeats.
        due = [
            and_(jobs.c.announcements == n, jobs.c.announced_at < clock(-after_seconds * 2 ** (n - 1)))
            for n in range(1, 8)
        ]
        due += [and_(jobs.c.announcements >= 8, jobs.c.announced_at < clock(-after_seconds * 2**7))]
        query = (
            select(*COLUMNS)
            .where(jobs.c.state == State.QUEUED, or_(jobs.c.announced_at.is_(None), *due))
            .order_by(jobs.c.turn, jobs.c.id)
            .limit(at_most)
        )
        with self._database.reading() as connection:
            return [_known(row) for row in connection.execute(query)]

    def mark_unannounced(self, job_id: str) -> None:
        with self._database.writing() as connection:
            connection.execute(update(jobs).where(jobs.c.id == job_id).values(announced_at=None, announcements=0))

    def mark_announced(self, job_id: str) -> None:
        values = {"announced_at": clock(), "announcements": jobs.c.announcements + 1}
        with self._database.writing() as connection:
            connection.execute(update(jobs).where(jobs.c.id == job_id, jobs.c.state == State.QUEUED).values(**values))

    def held_back(self, ended: Job) -> Job | None:
        # Either the tenant had as many running as it may, or a worker kept a place free from long work.
        others = jobs.alias()
        running = select(func.count()).where(others.c.tenant == ended.tenant, others.c.state == State.RUNNING)
        was_full = and_(jobs.c.tenant == ended.tenant, running.scalar_subquery() == jobs.c.at_once - 1)
        waited = or_(was_full, jobs.c.queue == "refined") if ended.queue == "refined" else was_full
        query = select(*COLUMNS).where(jobs.c.state == State.QUEUED, waited).order_by(jobs.c.turn, jobs.c.id)
        with self._database.reading() as connection:
            return _job(connection.execute(query.limit(1)).first())

    # --- working

    def claim(self, queues: Iterable[str], token: str, lease_seconds: float, max_attempts: int) -> Job | None:
        values = {
            "state": State.RUNNING,
            "attempts": jobs.c.attempts + 1,
            "lease_token": token,
            "lease_until": clock(lease_seconds),
            "started_at": func.coalesce(jobs.c.started_at, clock()),
            "percent": 0,
            "phase": None,
        }
        with self._database.writing() as connection:
            _lock(connection, LOCKS["claim"])  # two workers at once must not take one job each of a tenant's last turn
            while chosen := connection.scalar(_next_in_turn(queues, max_attempts)):
                # Whoever cancels takes no part in the lock, and may have come between.
                if moved := _move(connection, and_(jobs.c.id == chosen, jobs.c.state == State.QUEUED), values):
                    return moved[0]
        return None

    def extend(self, job: Job, lease_seconds: float, phase: str | None, percent: int) -> Lease:
        values = {"lease_until": clock(lease_seconds), "phase": phase, "percent": percent}
        statement = update(jobs).where(_held(job)).values(**values, version=jobs.c.version + 1)
        with self._database.writing() as connection:
            row = connection.execute(statement.returning(jobs.c.is_cancel_asked)).first()
        if row is None:
            return Lease.LOST
        return Lease.CANCEL_ASKED if row.is_cancel_asked else Lease.HELD

    def succeed(self, job: Job, result: Mapping[str, Any], result_key: str) -> bool:
        end = {"state": State.SUCCEEDED, "result": result, "result_key": result_key, "percent": 100}
        return self._move_held(job, **end, **NO_LEASE, finished_at=clock())

    def fail(self, job: Job, error: Mapping[str, Any]) -> bool:
        return self._move_held(job, state=State.FAILED, error=error, **NO_LEASE, finished_at=clock())

    def cancel(self, job: Job) -> bool:
        return self._move_held(job, state=State.CANCELLED, **NO_LEASE, finished_at=clock())

    def give_back(self, job: Job, *, uncounted: bool = False) -> bool:
        if uncounted:
            later = {"attempts": jobs.c.attempts - 1, "announced_at": clock(), "announcements": 1}
            return self._move_held(job, **QUEUED_ANEW | later)
        return self._move_held(job, **QUEUED_ANEW)

    def ask_to_cancel(self, job_id: str) -> Job | None:
        mine = jobs.c.id == job_id
        with self._database.writing() as connection:
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
        with self._database.writing() as connection:
            _move(connection, and_(lost, jobs.c.is_cancel_asked), {"state": State.CANCELLED, **end})
            again = _move(connection, and_(lost, ~spent), QUEUED_ANEW)
            ended = _move(connection, over, {"state": State.FAILED, "error": error, **end})
        return again, ended

    # --- forgetting

    def check(self) -> None:
        with self._database.reading() as connection:
            connection.execute(text("SELECT 1"))

    def delete(self, job_id: str) -> Job | None:
        with self._database.writing() as connection:
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
        with self._database.writing() as connection:
            moved = _move(connection, and_(jobs.c.id.in_(old), idle), {"state": State.EXPIRED, **BARE})
        return [job.id for job in moved]

    def retried(self, within_seconds: float) -> list[Job]:
        ended = and_(jobs.c.state.not_in([*UNFINISHED, State.EXPIRED]), jobs.c.finished_at > clock(-within_seconds))
        with self._database.reading() as connection:
            return [_known(row) for row in connection.execute(select(*COLUMNS).where(ended, jobs.c.attempts > 1))]

    def purge(self, kept_seconds: float, at_most: int) -> int:
        gone = and_(jobs.c.state == State.EXPIRED, jobs.c.expires_at < clock(-kept_seconds))
        chosen = select(jobs.c.id).where(gone).limit(at_most)
        with self._database.writing() as connection:
            purged = connection.execute(delete(jobs).where(jobs.c.id.in_(chosen))).rowcount
            connection.execute(delete(replays).where(replays.c.expires_at < clock()))
            connection.execute(delete(batches).where(batches.c.expires_at < clock(-kept_seconds)))
        return purged

    def known(self, job_ids: Iterable[str]) -> set[str]:
        mine = and_(jobs.c.id.in_(list(job_ids)), jobs.c.state != State.EXPIRED)
        with self._database.reading() as connection:
            return set(connection.scalars(select(jobs.c.id).where(mine)))

    def _move_held(self, job: Job, **values: Any) -> bool:
        """Change a job only while this worker still holds its lease."""
        with self._database.writing() as connection:
            return bool(_move(connection, _held(job), values))


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


def _insert(connection: Connection, new: Sequence[Job], retention_seconds: float) -> list[Job]:
    turn = _turn(connection, new[0].tenant)
    rows = []
    for job in new:
        row = {name: getattr(job, name) for name in GIVEN} | {"turn": turn, "is_cached": job.is_cached}
        end = {"state": job.state, "result": job.result, "result_key": job.result_key}
        times = {"created_at": clock(), "expires_at": clock(retention_seconds)}
        if job.state.is_final:
            times |= {"started_at": clock(), "finished_at": clock()}
        begin: dict[str, Any] = {"version": 1, "attempts": 0, "is_cancel_asked": False}
        # Counted as announced from the beginning, since that is the next thing to be done; see `mark_unannounced`.
        begin |= {"announcements": 1, "announced_at": clock()}
        begin["percent"] = 100 if job.state.is_final else 0
        statement = insert(jobs).values(**row, **end, **times, **begin).returning(*COLUMNS)
        rows.append(_known(connection.execute(statement).one()))
        turn += EFFORT.get(job.queue, 1.0)
    _note(connection, rows, accepted=len(rows))
    return rows


def _turn(connection: Connection, tenant: str) -> float:
    """Behind the tenant's own jobs, but never behind what others have handed in beyond their share."""
    waiting = jobs.c.state == State.QUEUED
    now = select(func.min(jobs.c.turn)).where(waiting).scalar_subquery()
    own = (
        select(jobs.c.turn, jobs.c.queue).where(waiting, jobs.c.tenant == tenant).order_by(jobs.c.turn.desc()).limit(1)
    )
    last = own.subquery()
    row = connection.execute(select(now.label("now"), last).select_from(_ONE_ROW.outerjoin(last, true()))).one()
    return max(row.now or 0.0, (row.turn or 0.0) + EFFORT.get(row.queue, 0.0))


_ONE_ROW = select(literal(1)).subquery()


def _unfinished_of(tenant: str) -> Select[Any]:
    return select(func.count()).where(jobs.c.tenant == tenant, jobs.c.state.in_(UNFINISHED))


def _refuse_beyond(connection: Connection, new: Sequence[Job], at_most: int) -> None:
    """Hold a tenant to how many unfinished jobs it may have, exactly, however many requests come at once."""
    tenant = new[0].tenant
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(tenant))))
    count = connection.scalar(_unfinished_of(tenant)) or 0
    coming = sum(not job.state.is_final for job in new)
    if coming and count + coming > at_most:
        raise too_many(count, coming, at_most)


def _remember(connection: Connection, replay: Replay) -> None:
    """Take the key; whoever comes second waits until this transaction ends, and then finds it taken."""
    row = {name: getattr(replay, name) for name in Replay.__dataclass_fields__} | {"expires_at": clock(REPLAY_SECONDS)}
    connection.execute(delete(replays).where(*_same_key(replay), replays.c.expires_at < clock()))
    statement = _upserting(connection)(replays).values(**row).on_conflict_do_nothing()
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
    """Change the state of jobs, with all that has to be told of it."""
    statement = update(jobs).where(which).values(**values, version=jobs.c.version + 1).returning(*COLUMNS)
    moved = [_known(row) for row in connection.execute(statement)]
    _note(connection, moved)
    return moved


def _note(connection: Connection, moved: Sequence[Job], accepted: int = 0) -> None:
    """Write the events of jobs that have just come into their states, and what follows from these."""
    if not moved:
        return
    rows = [{"job_id": job.id, "version": job.version, "state": job.state, "attempts": job.attempts} for job in moved]
    connection.execute(insert(events).values(at=clock()), rows)
    for job in moved:
        is_end = job.state in {State.SUCCEEDED, State.FAILED, State.CANCELLED}
        if accepted or is_end:
            _count(connection, job, is_new=bool(accepted))
        if is_end:
            write_news(connection, job)


def _count(connection: Connection, job: Job, *, is_new: bool) -> None:
    """Add a job to its tenant's day."""
    counts: dict[str, float] = dict.fromkeys((c.name for c in usage.c if c.name not in {"tenant", "day"}), 0)
    if is_new:
        counts |= {"accepted": 1, "bytes_in": job.picture.get("bytes", 0), "cached": int(job.is_cached)}
    if job.state in {State.SUCCEEDED, State.FAILED, State.CANCELLED}:
        counts[job.state] = 1
    if job.state is State.SUCCEEDED and not job.is_cached:
        counts["seconds"] = sum((job.result or {}).get("seconds", {}).values())
    day = (job.finished_at or job.created_at).date()  # type: ignore[union-attr]
    statement = _upserting(connection)(usage).values(tenant=job.tenant, day=day, **counts)
    more = {name: usage.c[name] + count for name, count in counts.items() if count}
    connection.execute(statement.on_conflict_do_update(index_elements=["tenant", "day"], set_=more))


def _upserting(connection: Connection) -> Any:
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert


def _lock(connection: Connection, name: int) -> None:
    """Hold a lock until the transaction ends; SQLite has locked everything already."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(name)))


def _job(row: Row[Any] | None) -> Job | None:
    return _known(row) if row else None


def _known(row: Row[Any]) -> Job:
    return Job(**{**row._mapping, "state": State(row.state), "kind": Kind(row.kind)})
