"""The database's tables and who has signed in."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psycopg2
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Integer, MetaData, Table, bindparam, event, func, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from app.adapters.database import CONNECT_SECONDS, Database, execute_soon
from app.adapters.roster import DatabaseRoster
from app.adapters.tables import metadata
from app.errors import StoreAway
from tests.app.adapters.conftest import alembic_config
from tests.faults.proxy import Proxy
from tests.servers import PostgresServer


def test_workers_sign_in_and_out(database: Database) -> None:
    roster = DatabaseRoster(database)
    for name in ("1@host", "1@host", "2@host"):
        roster.sign_in(name)
    assert sorted(roster.present(60)) == ["1@host", "2@host"]
    assert roster.present(-1) == []
    roster.sign_out("1@host")
    assert roster.present(60) == ["2@host"]


def test_the_migrations_make_what_the_code_expects(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_every_migration_can_be_taken_back(url: str) -> None:
    config = alembic_config(url)
    command.upgrade(config, "head")
    command.downgrade(config, "base")
    made = Database(url)
    assert set(inspect(made.engine).get_table_names()) <= {"alembic_version"}
    made.engine.dispose()
    command.upgrade(config, "head")
    command.upgrade(config, "head")


@pytest.fixture
def two(postgres: PostgresServer, request: pytest.FixtureRequest) -> Iterator[tuple[Database, Database]]:
    """As two processes have them: connections to the same database of PostgreSQL."""
    url = postgres.create_database(f"two_{abs(hash(request.node.name))}").replace("://", "+psycopg2://")
    first, second = Database(url), Database(url)
    yield first, second
    for each in (first, second):
        each.engine.dispose()


def test_who_waits_in_vain_for_a_lock_leaves_no_transaction_behind(two: tuple[Database, Database]) -> None:
    first, second = two
    with first.writing(lock="one") as holding:
        holding.execute(text("SELECT 1"))
        with pytest.raises(StoreAway), second.writing(lock="one") as waiting:
            waiting.execute(text("SELECT 1"))
            pytest.fail("both hold the lock")
    with second.writing(lock="one") as connection:  # on the connection that waited
        connection.execute(text("CREATE TABLE kept (id INT)"))
    assert inspect(first.engine).has_table("kept")


@pytest.fixture
def trips(database: Database) -> Iterator[list[str]]:
    """The statements as they travel to the database."""
    seen: list[str] = []
    event.listen(database.engine, "after_cursor_execute", lambda *told: seen.append(told[2]))
    with database.reading() as connection:
        connection.execute(text("CREATE TABLE kept (id INT UNIQUE)"))
    seen.clear()
    yield seen


KEPT = Table("kept", MetaData(), Column("id", Integer))
COUNT = select(func.count()).select_from(KEPT)
KEEP = insert(KEPT).values(id=bindparam("kept_id"))


def test_what_answers_nothing_is_done_before_the_next_statement_and_before_the_end(
    database: Database, trips: list[str]
) -> None:
    with database.writing() as connection:
        execute_soon(connection, KEEP, {"kept_id": 1})
        assert connection.scalar(COUNT.where(KEPT.c.id == 1)) == 1
        execute_soon(connection, KEEP, {"kept_id": 2})
    with database.reading() as connection:
        assert connection.scalar(COUNT) == 2
    if database.engine.dialect.name == "postgresql":
        assert len(trips) == 3  # the question, the end, and the second question


def test_what_answers_nothing_is_undone_with_its_transaction(database: Database, trips: list[str]) -> None:
    with pytest.raises(KeyError), database.writing() as connection:
        execute_soon(connection, KEEP, {"kept_id": 1})
        raise KeyError
    with pytest.raises(IntegrityError), database.writing() as connection:
        execute_soon(connection, KEEP, {"kept_id": 1})
        connection.execute(text("INSERT INTO kept VALUES (1)"))
    with database.reading() as connection:
        assert connection.scalar(COUNT) == 0


def test_a_single_statement_waits_for_its_lock(two: tuple[Database, Database]) -> None:
    first, second = two
    with first.writing(lock="one") as holding:
        holding.execute(text("SELECT 1"))
        with pytest.raises(StoreAway), second.single(lock="one") as waiting:
            waiting.execute(text("SELECT 1"))
    with second.single(lock="one"):  # nothing is said, so nothing may be left to be said
        pass
    with second.single(lock="one", lasts=False) as connection:
        assert connection.scalar(text("SHOW synchronous_commit")) == "off"
    with second.reading() as connection:
        assert connection.scalar(text("SHOW synchronous_commit")) == "on"
        assert connection.scalar(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")) == 0


def test_a_transaction_without_a_statement_leaves_nothing_behind(database: Database) -> None:
    with database.writing():
        pass
    with pytest.raises(KeyError), database.writing():
        raise KeyError
    with database.reading() as connection:  # on the same connection
        connection.execute(text("CREATE TABLE kept (id INT)"))
    assert inspect(database.engine).has_table("kept")


def test_a_database_that_falls_silent_is_away(postgres: PostgresServer) -> None:
    line = Proxy(postgres.url)
    silent = Database(line.through(postgres.url).replace("://", "+psycopg2://"), answer_seconds=0.2)
    with silent.reading() as connection:
        connection.execute(text("SELECT 1"))
    line.mute()
    began = time.monotonic()
    with pytest.raises(StoreAway), silent.reading() as connection:
        connection.execute(text("SELECT 1"))
    assert time.monotonic() - began < CONNECT_SECONDS + 2
    line.close()
    silent.engine.dispose()


def test_a_connection_that_breaks_on_its_way_back_is_away(database: Database) -> None:
    """SQLAlchemy tells of that in the driver's own words."""

    def broken(*_: object) -> None:
        raise psycopg2.OperationalError("server closed the connection unexpectedly")

    event.listen(database.engine, "checkin", broken)
    with pytest.raises(StoreAway), database.reading() as connection:
        connection.execute(text("SELECT 1"))
    event.remove(database.engine, "checkin", broken)


def test_a_connection_that_breaks_within_a_transaction_is_away(postgres: PostgresServer) -> None:
    """There is nothing left to roll back, and the next transaction has a new connection."""
    broken = Database(postgres.url.replace("://", "+psycopg2://"))
    with pytest.raises(StoreAway), broken.writing() as connection:
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
        with broken.reading() as other:
            other.execute(text(f"SELECT pg_terminate_backend({pid})"))
        connection.execute(text("SELECT 1"))
    with broken.writing() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    broken.engine.dispose()


def test_an_idle_connection_that_postgresql_has_closed_is_replaced(postgres: PostgresServer) -> None:
    database = Database(postgres.url.replace("://", "+psycopg2://"))
    with database.reading() as connection:
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
    other = Database(postgres.url.replace("://", "+psycopg2://"))
    with other.reading() as connection:
        connection.execute(text(f"SELECT pg_terminate_backend({pid})"))
    time.sleep(0.2)
    with database.reading() as connection:
        assert connection.scalar(text("SELECT pg_backend_pid()")) != pid
    for each in (database, other):
        each.engine.dispose()


def test_what_fails_leaves_nothing_behind(database: Database) -> None:
    roster = DatabaseRoster(database)
    with pytest.raises(ZeroDivisionError), database.writing() as connection:
        connection.execute(text("DELETE FROM workers"))
        connection.execute(text("INSERT INTO workers (name, seen_at) VALUES ('lost', CURRENT_TIMESTAMP)"))
        raise ZeroDivisionError
    assert roster.present(60) == []
