"""How alembic reaches the database: at the URL that the caller names, or else at the settings' own."""

from pathlib import Path

from alembic import context

from app.adapters.database import Database
from app.adapters.tables import metadata
from app.settings import read_settings


def urls() -> tuple[str, ...]:
    """The database that is named, or else those of the settings; each gets every table."""
    if named := context.config.attributes.get("url"):
        return (named,)
    return read_settings().databases


def run(url: str) -> None:
    database = Database(url, answer_seconds=None)  # a table may take long to be rewritten
    if database.engine.dialect.name == "sqlite":
        Path(database.engine.url.database or "").parent.mkdir(parents=True, exist_ok=True)
    with database.writing() as connection:
        if connection.dialect.name == "postgresql":
            # One migration at a time, however long the one before takes; but none may hold up all
            # traffic while it waits for a table.
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7365726701)")
            connection.exec_driver_sql("SET LOCAL lock_timeout = 4000")
        context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
        found, newest = context.get_context().get_current_revision(), context.script.get_current_head()
        if found and newest and found > newest:
            # A later release has been here. Migrations only add, so this one can live with it.
            context.config.print_stdout("revision %s is there, newer than %s: nothing to do", found, newest)
        else:
            with context.begin_transaction():
                context.run_migrations()
    database.engine.dispose()


for each in urls():
    run(each)
