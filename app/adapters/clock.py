"""The database's own clock, in SQL: leases and expiries never depend on the clock of a worker."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeDecorator


class Moment(TypeDecorator[datetime]):
    """A point in time, always aware and in UTC; SQLite keeps it as text that sorts by time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC).replace(tzinfo=None if dialect.name == "sqlite" else UTC) if value else None

    def process_result_value(self, value: Any, _: Dialect) -> datetime | None:
        return (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)) if value else None


class clock(FunctionElement[datetime]):  # noqa: N801 - reads as SQL
    """Now, or so many seconds from now."""

    type = Moment()
    # What SQLAlchemy has to look at to tell one from another; without it, it compiles every statement anew.
    _traverse_internals = [  # noqa: RUF012
        *FunctionElement._traverse_internals,
        ("offset_seconds", InternalTraversal.dp_plain_obj),
    ]

    def __init__(self, offset_seconds: float = 0.0) -> None:
        self.offset_seconds = float(offset_seconds)
        super().__init__()


@compiles(clock, "sqlite")
def _sqlite_clock(element: clock, _: SQLCompiler, **__: Any) -> str:
    # The same shape as SQLAlchemy's own text for a time, so that both sort together.
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', '{element.offset_seconds:+.3f} seconds')"


@compiles(clock, "postgresql")
def _postgresql_clock(element: clock, _: SQLCompiler, **__: Any) -> str:
    # clock_timestamp() moves on within a transaction, unlike now().
    return f"clock_timestamp() + interval '{element.offset_seconds:.3f} seconds'"
