"""Connections to PostgreSQL or SQLite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson
import structlog
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from app.errors import StoreAway

log = structlog.get_logger()


class Database:
    """Connections; writing transactions take SQLite's lock at their start, so that they never deadlock."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine: Engine = create_engine(url, pool_pre_ping=True, json_serializer=_storable, **_engine_options(url))
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
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
