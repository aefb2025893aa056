"""Which workers are there, in the database."""

from __future__ import annotations

from sqlalchemy import delete, insert, select, update

from app.adapters.clock import clock
from app.adapters.database import Database
from app.adapters.tables import workers


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
