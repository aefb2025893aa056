"""Whoever starts beside a migration waits for it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from alembic import command

from app.adapters.database import Database
from migrations.wait import Behind, check, newest, revision_of, wait
from tests.app.adapters.conftest import alembic_config
from tests.servers import PostgresServer
from tests.service import free_port


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/jobs.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.create_database("waited").replace("postgresql://", "postgresql+psycopg2://")


def test_an_empty_database_is_waited_for(url: str) -> None:
    with pytest.raises(Behind, match=f"has no tables yet; this program needs revision {newest()}"):
        check(url, newest())


def test_an_older_one_is_waited_for_and_said_so_once(url: str) -> None:
    command.upgrade(alembic_config(url), "0003")
    said: list[str] = []
    assert not wait((url,), 0.1, said.append)
    assert len(said) == 1
    assert said[0].endswith(f"has revision 0003; this program needs {newest()}")
    assert "password" not in said[0]


def test_a_newer_one_will_do(url: str) -> None:
    """A release that was rolled back must be able to start."""
    command.upgrade(alembic_config(url), "head")
    database = Database(url)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.engine.dispose()
    assert wait((url,), 0, pytest.fail)
    command.upgrade(alembic_config(url), "head")
    assert revision_of(url) == "9999"


def test_the_wait_ends_when_the_migration_does(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/jobs.db"
    migrating = threading.Timer(0.3, lambda: command.upgrade(alembic_config(url), "head"))
    migrating.start()
    began = time.monotonic()
    assert wait((url,), 60, lambda _: None)
    assert time.monotonic() - began < 30
    migrating.join()


def test_one_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(Behind, match="does not answer") as refused:
        check(f"postgresql+psycopg2://svgai:hidden@127.0.0.1:{free_port()}/svgai", newest())
    assert "hidden" not in str(refused.value)


def test_revisions_are_numbered() -> None:
    files = sorted(file.name for file in (Path(__file__).parents[2] / "migrations" / "versions").glob("*.py"))
    assert [name[:4] for name in files] == [f"{number:04}" for number in range(1, len(files) + 1)]
    assert newest() == files[-1][:4]


def test_the_command_says_what_to_do(tmp_path: Path) -> None:
    line = [sys.executable, "-m", "migrations.wait", "--seconds", "0"]
    told = subprocess.run(
        line,
        env={"DATA_DIR": str(tmp_path)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1
    assert "has no tables yet" in told.stderr
    assert "Not migrated within 0 seconds" in told.stderr
