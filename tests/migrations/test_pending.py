"""What a migration takes away is seen before it is run."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command

from app.adapters.database import Database
from migrations.pending import losses, pending
from tests.app.adapters.conftest import alembic_config

VERSIONS = sorted((Path(__file__).parents[2] / "migrations" / "versions").glob("0*.py"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('op.drop_table("jobs")', "drop_table in line 2"),
        ('op.drop_column("jobs", "state")', "drop_column in line 2"),
        ('batch.alter_column("state", nullable=False)', "alter_column in line 2"),
        ('op.rename_table("jobs", "works")', "rename_table in line 2"),
        ('op.execute("alter table jobs drop column state")', "DROP COLUMN in line 2"),
        ('op.execute("ALTER TABLE jobs RENAME TO works")', "RENAME in line 2"),
    ],
)
def test_what_the_release_in_service_may_need_is_a_loss(line: str, said: str) -> None:
    assert losses(f"def upgrade():\n    {line}\n") == [said]


def test_new_things_are_no_loss_and_the_way_back_does_not_count() -> None:
    new, back = "op.create_table('x')\n    op.add_column('jobs', y)", "op.drop_table('x')"
    source = f"def upgrade():\n    {new}\n\ndef downgrade():\n    {back}\n"
    assert losses(source) == []


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_no_migration_so_far_takes_anything_away(path: Path) -> None:
    assert losses(path.read_text()) == []


@pytest.mark.parametrize(
    ("found", "left"), [("0003", ["0004", "0005"]), ("head", []), ("9999", [])], ids=["older", "same", "newer"]
)
def test_what_the_database_has_not_seen_is_pending(
    found: str, left: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/jobs.db"
    monkeypatch.setenv("DATABASE_URL", url)
    command.upgrade(alembic_config(url), "head" if found == "9999" else found)
    if found == "9999":
        database = Database(url)
        with database.writing() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        database.engine.dispose()
    assert [script.revision for script in pending()][: len(left) or None] == left
