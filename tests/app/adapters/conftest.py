"""What the tests of several adapters share: databases migrated as in production, and an object store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from app.adapters.database import Database
from tests.servers import ObjectStoreServer, PostgresServer, object_store

MIGRATIONS = Path(__file__).parents[3] / "migrations"


def alembic_config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = url
    return config


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/jobs.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.create_database("jobs").replace("postgresql://", "postgresql+psycopg2://")


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    command.upgrade(alembic_config(url), "head")
    made = Database(url)
    yield made
    made.engine.dispose()


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStoreServer]:
    with object_store(tmp_path_factory.mktemp("s3")) as server:
        yield server
