"""Triggers write the events of jobs and call out their ends; indexes leave out jobs that have ended."""

from alembic import op
from sqlalchemy import text

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

POSTGRESQL = (
    """
    CREATE FUNCTION note_state() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO events (job_id, version, state, attempts, at)
        VALUES (NEW.id, NEW.version, NEW.state, NEW.attempts, clock_timestamp());
        IF NEW.state IN ('succeeded', 'failed', 'cancelled') THEN
            PERFORM pg_notify('svgai_ended', NEW.id);
        END IF;
        RETURN NULL;
    END $$
    """,
    "CREATE TRIGGER note_new AFTER INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION note_state()",
    "CREATE TRIGGER note_change AFTER UPDATE OF state ON jobs FOR EACH ROW "
    "WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION note_state()",
)
NOTE = (
    "BEGIN INSERT INTO events (job_id, version, state, attempts, at) VALUES "
    "(NEW.id, NEW.version, NEW.state, NEW.attempts, strftime('%Y-%m-%d %H:%M:%f000', 'now')); END"
)
# A later migration that rebuilds `jobs` for SQLite loses these, and has to make them again.
SQLITE = (
    f"CREATE TRIGGER note_new AFTER INSERT ON jobs {NOTE}",
    f"CREATE TRIGGER note_change AFTER UPDATE OF state ON jobs WHEN OLD.state IS NOT NEW.state {NOTE}",
)


# Name, columns, and which rows PostgreSQL needs it for.
INDEXES = (
    ("ix_jobs_state_announced_at", ["state", "announced_at"], "state = 'queued'"),
    ("ix_jobs_state_turn", ["state", "turn"], "state = 'queued'"),
    ("ix_jobs_tenant_state_turn", ["tenant", "state", "turn"], "state IN ('queued', 'running')"),
    ("ix_jobs_batch_id", ["batch_id"], "batch_id IS NOT NULL"),
)


def upgrade() -> None:
    op.create_index("ix_jobs_finished_at", "jobs", ["finished_at"], postgresql_where=text("attempts > 1"))
    _index_anew(partly=True)
    for statement in POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE:
        op.get_bind().exec_driver_sql(statement)


def _index_anew(*, partly: bool) -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name, columns, rows in INDEXES:
            op.drop_index(name, "jobs")
            op.create_index(name, "jobs", columns, postgresql_where=text(rows) if partly else None)


def downgrade() -> None:
    op.drop_index("ix_jobs_finished_at", "jobs")
    _index_anew(partly=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER note_new ON jobs")
        op.execute("DROP TRIGGER note_change ON jobs")
        op.execute("DROP FUNCTION note_state")
    else:
        op.execute("DROP TRIGGER note_new")
        op.execute("DROP TRIGGER note_change")
