"""The database's tables and who has signed in."""

from __future__ import annotations

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from app.adapters.database import Database
from app.adapters.roster import DatabaseRoster
from app.adapters.tables import metadata
from tests.app.adapters.conftest import alembic_config


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
