"""Jobs and workers in PostgreSQL or SQLite. One method is one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson
import structlog
from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    and_,
    create_engine,
    delete,
    event,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from app.adapters.clock import Moment, clock
from app.errors import StoreAway
from app.jobs import Job, State

log = structlog.get_logger()

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)
Document = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("queue", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("options", Document, nullable=False),
    Column("picture", Document, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_token", String(64)),
    Column("lease_until", Moment),
    Column("phase", String(32)),
    Column("percent", Integer, nullable=False),
    Column("result", Document),
    Column("result_key", Text),
    Column("error", Document),
    Column("announced_at", Moment),
    Column("announcements", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Column("expires_at", Moment, nullable=False),
    CheckConstraint("state IN ('queued', 'running', 'succeeded', 'failed')", name="state"),
    Index(None, "state", "announced_at"),
    Index(None, "expires_at"),
)

workers = Table(
    "workers",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("seen_at", Moment, nullable=False),
)

COLUMNS = [jobs.c[name] for name in Job.__dataclass_fields__]
NO_LEASE: dict[str, Any] = {"lease_token": None, "lease_until": None, "phase": None}
QUEUED_ANEW = NO_LEASE | {"state": State.QUEUED, "percent": 0, "announced_at": None, "announcements": 0}


class Database:
    """Connections; writing transactions take SQLite's lock at their start, so that they never deadlock."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine: Engine = create_engine(url, pool_pre_ping=True, json_serializer=_storable, **_engine_options(url))
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        self._writer = self.engine.execution_options(writes=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with _or_away(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with _or_away(), self._writer.begin() as connection:
            yield connection


@contextmanager
def _or_away() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolExhausted) as error:
        log.warning("database is away", reason=str(error).partition("\n")[0])
        raise StoreAway("The service cannot reach its database. Try again soon.") from error


def _storable(document: Any) -> str:
    """JSON without NUL characters, which PostgreSQL cannot keep; strangers put them into their files."""
    return orjson.dumps(_without_nul(document)).decode()


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if isinstance(value, Mapping):
        return {_without_nul(key): _without_nul(below) for key, below in value.items()}
    return [_without_nul(below) for below in value] if isinstance(value, list | tuple) else value


def _engine_options(url: str) -> dict[str, Any]:
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": 10}}
    timeouts = "-c lock_timeout=4000 -c statement_timeout=15000 -c idle_in_transaction_session_timeout=30000"
    return {
        "connect_args": {"connect_timeout": 3, "options": timeouts},
        "pool_size": 16,
        "max_overflow": 16,
        "pool_timeout": 5,
    }


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # sqlite3 must not begin by itself: _begin_sqlite does
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 10000", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class DatabaseJobs:
    """The record of all jobs; the promises are those of `app.jobs.Jobs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, job: Job, retention_seconds: float) -> Job:
        row = {
            name: getattr(job, name) for name in ("id", "queue", "state", "options", "picture", "attempts", "percent")
        }
        statement = insert(jobs).values(**row, announcements=0, created_at=clock(), expires_at=clock(retention_seconds))
        return self._one(statement.returning(*COLUMNS)) or job

    def get(self, job_id: str) -> Job | None:
        with self._database.reading() as connection:
            row = connection.execute(select(*COLUMNS).where(jobs.c.id == job_id)).first()
        return _job(row)

    def count_unfinished(self) -> Mapping[State, int]:
        unfinished = [State.QUEUED, State.RUNNING]
        query = select(jobs.c.state, func.count()).where(jobs.c.state.in_(unfinished)).group_by(jobs.c.state)
        with self._database.reading() as connection:
            counts = {row.state: row[1] for row in connection.execute(query)}
        return {state: counts.get(state, 0) for state in unfinished}

    def oldest_queued_seconds(self) -> float:
        query = select(func.min(jobs.c.created_at), clock()).where(jobs.c.state == State.QUEUED)
        with self._database.reading() as connection:
            oldest, now = connection.execute(query).one()
        return max(0.0, (now - oldest).total_seconds()) if oldest else 0.0

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
            .order_by(jobs.c.created_at)
            .limit(at_most)
        )
        with self._database.reading() as connection:
            return [_known(row) for row in connection.execute(query)]

    def mark_announced(self, job_id: str) -> None:
        values = {"announced_at": clock(), "announcements": jobs.c.announcements + 1}
        self._ids(update(jobs).where(jobs.c.id == job_id, jobs.c.state == State.QUEUED).values(**values))

    def claim(self, job_id: str, token: str, lease_seconds: float, max_attempts: int) -> Job | None:
        free = and_(jobs.c.id == job_id, jobs.c.state == State.QUEUED, jobs.c.attempts < max_attempts)
        values = {
            "state": State.RUNNING,
            "attempts": jobs.c.attempts + 1,
            "lease_token": token,
            "lease_until": clock(lease_seconds),
            "started_at": func.coalesce(jobs.c.started_at, clock()),
            "percent": 0,
            "phase": None,
        }
        return self._one(update(jobs).where(free).values(**values).returning(*COLUMNS))

    def extend(self, job: Job, lease_seconds: float, phase: str | None, percent: int) -> bool:
        return self._if_held(job, lease_until=clock(lease_seconds), phase=phase, percent=percent)

    def succeed(self, job: Job, result: Mapping[str, Any], result_key: str) -> bool:
        end = {"state": State.SUCCEEDED, "result": result, "result_key": result_key, "percent": 100}
        return self._if_held(job, **end, **NO_LEASE, finished_at=clock())

    def fail(self, job: Job, error: Mapping[str, Any]) -> bool:
        return self._if_held(job, state=State.FAILED, error=error, **NO_LEASE, finished_at=clock())

    def give_back(self, job: Job, *, uncounted: bool = False) -> bool:
        if uncounted:
            later = {"attempts": jobs.c.attempts - 1, "announced_at": clock(), "announcements": 1}
            return self._if_held(job, **QUEUED_ANEW | later)
        return self._if_held(job, **QUEUED_ANEW)

    def reap(self, max_attempts: int, error: Mapping[str, Any]) -> tuple[list[str], list[str]]:
        lost = and_(jobs.c.state == State.RUNNING, jobs.c.lease_until < clock())
        again = update(jobs).where(lost, jobs.c.attempts < max_attempts)
        again = again.values(**QUEUED_ANEW)
        # The second kind is what a lowered limit leaves behind: nobody may claim it any more.
        stuck = and_(jobs.c.state == State.QUEUED, jobs.c.attempts >= max_attempts)
        ended = update(jobs).where(or_(and_(lost, jobs.c.attempts >= max_attempts), stuck))
        ended = ended.values(state=State.FAILED, error=error, finished_at=clock(), **NO_LEASE)
        return self._ids(again), self._ids(ended)

    def remove_expired(self, at_most: int) -> list[str]:
        # A job that runs is left to its worker; the lease will end it.
        idle = jobs.c.state != State.RUNNING
        expired = select(jobs.c.id).where(jobs.c.expires_at < clock(), idle).limit(at_most)
        return self._ids(delete(jobs).where(jobs.c.id.in_(expired), idle))

    def known(self, job_ids: Iterable[str]) -> set[str]:
        with self._database.reading() as connection:
            return set(connection.scalars(select(jobs.c.id).where(jobs.c.id.in_(list(job_ids)))))

    def check(self) -> None:
        with self._database.reading() as connection:
            connection.execute(text("SELECT 1"))

    def _if_held(self, job: Job, **values: Any) -> bool:
        """Change a job only while this worker still holds its lease."""
        mine = and_(jobs.c.id == job.id, jobs.c.state == State.RUNNING, jobs.c.lease_token == job.lease_token)
        return bool(self._ids(update(jobs).where(mine).values(**values)))

    def _one(self, statement: Any) -> Job | None:
        with self._database.writing() as connection:
            return _job(connection.execute(statement).first())

    def _ids(self, statement: Any) -> list[str]:
        with self._database.writing() as connection:
            return list(connection.scalars(statement.returning(jobs.c.id)))


class DatabaseRoster:
    """Which workers signed in lately."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sign_in(self, name: str) -> None:
        with self._database.writing() as connection:
            found = connection.execute(update(workers).where(workers.c.name == name).values(seen_at=clock()))
            if not found.rowcount:
                connection.execute(insert(workers).values(name=name, seen_at=clock()))
            connection.execute(delete(workers).where(workers.c.seen_at < clock(-24 * 3600)))

    def sign_out(self, name: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(workers).where(workers.c.name == name))

    def present(self, within_seconds: float) -> list[str]:
        with self._database.reading() as connection:
            return list(connection.scalars(select(workers.c.name).where(workers.c.seen_at > clock(-within_seconds))))


def _job(row: Row[Any] | None) -> Job | None:
    return _known(row) if row else None


def _known(row: Row[Any]) -> Job:
    return Job(**{**row._mapping, "state": State(row.state)})
