"""Connections to PostgreSQL or SQLite."""

from __future__ import annotations

import select
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import orjson
import psycopg2
import psycopg2.extensions
import structlog
from sqlalchemy import ClauseElement, Connection, Dialect, Engine, Executable, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from app.errors import StoreAway

log = structlog.get_logger()

# Where a connection breaks while it goes back to the pool, SQLAlchemy leaves the driver's error as it is.
AWAY = (OperationalError, InterfaceError, PoolExhausted, psycopg2.OperationalError, psycopg2.InterfaceError)

CONNECT_SECONDS = 3.0
STATEMENT_SECONDS = 15
ANSWER_SECONDS = STATEMENT_SECONDS + 2.0
"""A server that is silent for longer is gone, though nobody has said so: a line that was cut, a host that hangs."""


AHEAD = "ahead"
"""Where a connection remembers what is to be said before its next statement, and with what parameters."""


class Database:
    """Connections. Their drivers begin no transactions by themselves: `writing` does."""

    def __init__(self, url: str, answer_seconds: float | None = ANSWER_SECONDS) -> None:
        self.url = url
        self.engine: Engine = create_engine(
            url,
            isolation_level="AUTOCOMMIT",
            json_serializer=_storable,
            json_deserializer=orjson.loads,
            **_engine_options(url),
        )
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _prepare_sqlite)
        else:
            event.listen(self.engine, "before_cursor_execute", _with_what_is_ahead, retval=True)
            event.listen(self.engine, "connect", lambda made, _: setattr(made, "answer_seconds", answer_seconds))
            event.listen(self.engine, "checkout", _refuse_dead)
            psycopg2.extensions.set_wait_callback(_wait)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for a question. It has no transaction around it, which would be two more trips to PostgreSQL."""
        with self.single() as connection:
            yield connection

    @contextmanager
    def single(self, lock: str | None = None, *, lasts: bool = True) -> Iterator[Connection]:
        """A connection for one statement that is a transaction by itself; lock and lasts are those of `writing`."""
        with _or_away(), self.engine.connect() as connection:
            _say_ahead(connection, *_beginning(lock, lasts))
            try:
                yield connection
            finally:
                _say_nothing_ahead(connection)

    @contextmanager
    def writing(self, lock: str | None = None, *, lasts: bool = True) -> Iterator[Connection]:
        """A connection in a transaction, which ends with this; its first statement takes the lock of that name.

        What need not last is forgotten where PostgreSQL dies in the next moment; so its end waits for no disk.
        """
        with _or_away(), self.engine.connect() as connection:
            try:
                if _is_postgresql(connection):
                    _say_ahead(connection, "BEGIN; ")
                    _say_ahead(connection, *_beginning(lock, lasts))
                else:
                    # Takes the one lock there is at once, so that writers never deadlock.
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
            except BaseException:
                _roll_back(connection)
                raise
            connection.exec_driver_sql("COMMIT")

    def listen(self, channel: str, tick_seconds: float) -> Iterator[list[str]]:
        """What is called out on a channel of PostgreSQL, from now on; nothing, after so many seconds of quiet.

        The first is always nothing: what came before is over.
        """
        with _or_away(), self.engine.connect() as connection:
            connection.exec_driver_sql(f"LISTEN {channel}")
            line: Any = connection.connection.driver_connection
            yield []
            while True:
                poll = select.poll()
                poll.register(line.fileno(), select.POLLIN)
                if poll.poll(tick_seconds * 1000):
                    line.poll()
                else:
                    connection.exec_driver_sql("SELECT 1")  # a host that vanished says nothing, not even that
                called = [notice.payload for notice in line.notifies]
                line.notifies.clear()
                yield called


@contextmanager
def _or_away() -> Iterator[None]:
    try:
        yield
    except (*AWAY, DBAPIError) as error:
        # A connection that breaks in mid-answer may be reported as any error whatever.
        if not isinstance(error, AWAY) and not error.connection_invalidated:
            raise
        log.warning("database is away", reason=str(error).partition("\n")[0])
        raise StoreAway("The service cannot reach its database. Try again soon.") from error


def upserting(connection: Connection) -> Any:
    """An INSERT that may say what to do where there is such a row already."""
    return (postgresql if _is_postgresql(connection) else sqlite).insert


def execute_soon(connection: Connection, statement: Executable, parameters: Mapping[str, Any]) -> None:
    """Execute in a transaction what answers nothing: it travels to PostgreSQL with the next statement, or the end.

    Its parameters must be of types that the driver knows, and have other names than those of the next.
    """
    if _is_postgresql(connection):
        _say_ahead(connection, _text(statement, connection.dialect) + "; ", parameters)
    else:
        connection.execute(statement, parameters)


@lru_cache(100)
def _text(statement: ClauseElement, dialect: Dialect) -> str:
    return str(statement.compile(dialect=dialect))


def _beginning(lock: str | None, lasts: bool) -> tuple[str, Mapping[str, Any]]:
    commit = "" if lasts else "SET LOCAL synchronous_commit = off; "
    if lock is None:
        return commit, {}
    return commit + "SELECT pg_advisory_xact_lock(hashtextextended(%(lock)s, 0)); ", {"lock": lock}


def _say_ahead(connection: Connection, words: str, parameters: Mapping[str, Any] = MappingProxyType({})) -> None:
    if words and _is_postgresql(connection):
        before, known = connection.info.get(AHEAD, ("", {}))
        connection.info[AHEAD] = before + words, {**known, **parameters}


def _say_nothing_ahead(connection: Connection) -> None:
    if not connection.invalidated:  # a broken connection is not used again, nor what it remembers
        connection.info.pop(AHEAD, None)


def _with_what_is_ahead(connection: Connection, _: Any, statement: str, parameters: Any, *__: Any) -> tuple[str, Any]:
    words, more = connection.info.pop(AHEAD, ("", {}))
    return words + statement, {**more, **parameters} if more else parameters


def _is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def _roll_back(connection: Connection) -> None:
    _say_nothing_ahead(connection)
    try:
        connection.exec_driver_sql("ROLLBACK")
    except SQLAlchemyError:  # a broken connection may be given up already, which is no error of the driver's
        connection.invalidate()  # a transaction must not go back to the pool with it


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


def _refuse_dead(connection: psycopg2.extensions.connection, *_: Any) -> None:
    """Have an idle connection replaced that PostgreSQL has closed: there is something to read, which is its end.

    A look at the socket costs nothing, where a question before each use would be another trip.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        raise DisconnectionError("PostgreSQL has closed this connection")


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # sqlite3 must not begin by itself: `Database.writing` does
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 10000", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")
