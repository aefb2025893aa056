"""How alembic reaches the database: at the URL that the caller names, or else at the settings' own."""

from alembic import context

from app.adapters.database import Database, metadata
from app.settings import read_settings


def run() -> None:
    url = context.config.attributes.get("url") or read_settings().database
    database = Database(url)
    with database.writing() as connection:
        if connection.dialect.name == "postgresql":
            # A migration that cannot have its lock at once must not queue all traffic behind it.
            connection.exec_driver_sql("SET lock_timeout = 4000")
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7365726701)")
        context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
    database.engine.dispose()


run()
