"""Connections to PostgreSQL or SQLite."""

from __future__ import annotations

import select
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson
import psycopg2
import psycopg2.extensions
import structlog
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from app.errors import StoreAway

log = structlog.get_logger()

# Where a connection breaks while it goes back to the pool, SQLAlchemy leaves the driver's error as it is.
AWAY = (OperationalError, InterfaceError, PoolExhausted, psycopg2.OperationalError, psycopg2.InterfaceError)

CONNECT_SECONDS = 3.0
STATEMENT_SECONDS = 15
ANSWER_SECONDS = STATEMENT_SECONDS + 2.0
"""A server that is silent for longer is gone, though nobody has said so: a line that was cut, a host that hangs."""


class Database:
    """Connections; writing transactions take SQLite's lock at their start, so that they never deadlock."""

    def __init__(self, url: str, answer_seconds: float | None = ANSWER_SECONDS) -> None:
        self.url = url
        self.engine: Engine = create_engine(url, pool_pre_ping=True, json_serializer=_storable, **_engine_options(url))
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        else:
            event.listen(self.engine, "connect", lambda made, _: setattr(made, "answer_seconds", answer_seconds))
            psycopg2.extensions.set_wait_callback(_wait)
        self._writer = self.engine.execution_options(writes=True)
        # A single question needs no transaction around it, which would be two more trips to PostgreSQL.
        is_sqlite = self.engine.dialect.name == "sqlite"
        self._reader = self.engine if is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with _or_away(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with _or_away(), self._writer.begin() as connection:
            yield connection


@contextmanager
def _or_away() -> Iterator[None]:
    try:
        yield
    except AWAY as error:
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
    timeouts = {"lock": 4, "statement": STATEMENT_SECONDS, "idle_in_transaction_session": 30}
    options = " ".join(f"-c {name}_timeout={seconds}s" for name, seconds in timeouts.items())
    return {
        "connect_args": {"connection_factory": _Connection, "options": options},
        "pool_size": 16,
        "max_overflow": 16,
        "pool_timeout": 5,
    }


class _Connection(psycopg2.extensions.connection):
    """One that may run out of patience."""

    answer_seconds: float | None = CONNECT_SECONDS
    """Until it is connected; then as `Database` says. None: for ever."""


def _wait(connection: psycopg2.extensions.connection) -> None:
    """Wait for PostgreSQL, which psycopg2 itself would do for ever."""
    seconds = getattr(connection, "answer_seconds", None)
    while (state := connection.poll()) != psycopg2.extensions.POLL_OK:
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN if state == psycopg2.extensions.POLL_READ else select.POLLOUT)
        if not poll.poll(seconds and seconds * 1000):
            raise psycopg2.OperationalError(f"PostgreSQL was silent for {seconds:g} s")


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # sqlite3 must not begin by itself: _begin_sqlite does
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 10000", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
