"""Names the migrations that are still to be run, and what they take away: `python migrations/pending.py`.

A release that serves while another is brought in lives with new tables and columns, and not with the loss of old ones.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import Script, ScriptDirectory

TAKES_AWAY = {"drop_table", "drop_column", "alter_column", "rename_table"}
IN_SQL = ("DROP TABLE", "DROP COLUMN", "RENAME ", "ALTER COLUMN")


def losses(source: str) -> list[str]:
    """What the function `upgrade` of a migration takes away."""
    upgrade = next(
        node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == "upgrade"
    )
    return list(dict.fromkeys(_losses(upgrade)))


def _losses(upgrade: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(upgrade):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TAKES_AWAY:
            yield f"{node.func.attr} in line {node.lineno}"
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (f"{words.strip()} in line {node.lineno}" for words in IN_SQL if words in node.value.upper())


def pending() -> list[Script]:
    """Those that the database has not seen, the oldest first; none where a later release has been there."""
    from app.adapters.database import Database
    from app.settings import read_settings

    scripts = ScriptDirectory.from_config(Config(str(Path(__file__).with_name("alembic.ini"))))
    with Database(read_settings().database).reading() as connection:
        seen = MigrationContext.configure(connection).get_current_revision() or ""
    return [script for script in reversed(list(scripts.walk_revisions())) if script.revision > seen]


def main() -> None:
    """One line for each."""
    for script in pending():
        lost = losses(Path(script.path).read_text())
        sys.stdout.write(f"{script.revision} {'takes away: ' + ', '.join(lost) if lost else 'adds'}\n")


if __name__ == "__main__":
    main()
