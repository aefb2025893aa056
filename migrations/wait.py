"""Waits until the databases are as new as this program: `python -m migrations.wait --seconds 600`.

Pods of a release start beside the job that migrates, and must not be faster. Newer is as good as equal: migrations
expand first, so a release that is rolled back goes on working, and must be able to start.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.adapters.database import Database
from app.errors import StoreAway
from app.settings import read_settings, without_password

LOOK_SECONDS = 2.0


class Behind(Exception):
    """A database cannot be used yet; says why."""


def newest() -> str:
    """The revision that this program was written for. Revisions are numbered, so the larger one is the newer."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    head = ScriptDirectory.from_config(config).get_current_head()
    assert head  # noqa: S101 - there are migrations beside this file
    return head


def check(url: str, needed: str) -> None:
    """Raise `Behind` unless the database has this revision, or one after it."""
    found, where = revision_of(url), without_password(url)
    if found is None:
        raise Behind(f"the database at {where} has no tables yet; this program needs revision {needed}")
    if found < needed:
        raise Behind(f"the database at {where} has revision {found}; this program needs {needed}")


def revision_of(url: str) -> str | None:
    """The revision that a database has; None before the first."""
    database = Database(url)
    try:
        with database.reading() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    except StoreAway as away:
        reason = str(getattr(away.__cause__, "orig", away)).strip().partition("\n")[0]
        raise Behind(f"the database at {without_password(url)} does not answer: {reason}") from None
    finally:
        database.engine.dispose()


def wait(urls: tuple[str, ...], seconds: float, say: Callable[[str], object]) -> bool:
    """Look again and again, and say why it takes longer whenever that changes; whether all came in time."""
    needed, said = newest(), ""
    deadline = time.monotonic() + seconds
    while True:
        try:
            for url in urls:
                check(url, needed)
            return True
        except Behind as behind:
            if (reason := str(behind)) != said:
                say(reason)
                said = reason
        if time.monotonic() >= deadline:
            return False
        time.sleep(min(LOOK_SECONDS, max(0.0, deadline - time.monotonic())))


def main() -> None:
    """Wait, or end with what to do about it."""
    parser = argparse.ArgumentParser(description="Wait until the databases are as new as this program.")
    parser.add_argument("--seconds", type=float, default=600, help="how long (%(default)s)")
    seconds = parser.parse_args().seconds
    if not wait(read_settings().databases, seconds, lambda reason: print(reason, file=sys.stderr, flush=True)):  # noqa: T201 - a command
        raise SystemExit(f"Not migrated within {seconds:g} seconds: `make migrate` does it, or see what its job says.")


if __name__ == "__main__":
    main()
