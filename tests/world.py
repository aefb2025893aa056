"""A world for the use cases: a real database and files in a folder of the test's own, a queue without workers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import func, literal_column, update

from app.accounts import Allowance, Caller
from app.adapters.clock import Moment
from app.adapters.database import Database
from app.adapters.tables import metadata
from app.factory import create_services
from app.services import Services
from app.settings import Settings
from tests.fakes import FakeQueue

SOMEBODY = Caller("anon_0123456789abcdef", "192.0.2.1", Allowance(1000, 1000, 1000))
"""A caller whom nobody knows."""


def account_caller(name: str = "one", **allowance: int) -> Caller:
    """A caller with an account. No key comes along: the use cases look at whose things are whose, not at keys."""
    allowed = {"jobs_per_minute": 1000, "unfinished_jobs": 1000, "running_jobs": 1000} | allowance
    return Caller(f"acc_{name}", "192.0.2.1", Allowance(**allowed))


def make_world(settings: Settings) -> Services:
    services = create_services(settings)
    metadata.create_all(database_of(services).engine)
    return replace(services, queue=FakeQueue())


def with_settings(services: Services, **changed: Any) -> Services:
    return replace(services, settings=services.settings.model_copy(update=changed))


def database_of(services: Services) -> Database:
    return services.jobs._database  # type: ignore[attr-defined]


def pass_time(database: Database, seconds: float) -> None:
    """Let time pass: whatever has a moment in the database has it that much earlier."""
    with database.writing() as connection:
        for table in metadata.tables.values():
            moments = [column for column in table.c if isinstance(column.type, Moment)]
            if connection.dialect.name == "postgresql":
                earlier = {column: column - literal_column(f"interval '{seconds:.3f} seconds'") for column in moments}
            else:
                modifier = literal_column(f"'{-seconds:+.3f} seconds'")
                shape = literal_column("'%Y-%m-%d %H:%M:%f000'")
                earlier = {column: func.strftime(shape, column, modifier) for column in moments}
            if earlier:
                connection.execute(update(table).values(earlier))


def blob_keys(services: Services) -> set[str]:
    """Every blob that is kept."""
    folder = services.settings.data_dir / "blobs"
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
