"""Tenants, events, batches, idempotency, feedback, usage, accounts, keys, audit, webhooks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

document = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
moment = sa.DateTime(timezone=True)

FORMER = "state IN ('queued', 'running', 'succeeded', 'failed')"
STATES = "state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'expired')"

# Jobs of before get these; they belonged to nobody, and whoever has their id may see them.
NEW_COLUMNS = (
    sa.Column("tenant", sa.String(64), nullable=False, server_default="anonymous"),
    sa.Column("kind", sa.String(16), nullable=False, server_default="convert"),
    sa.Column("turn", sa.Float(), nullable=False, server_default="0"),
    sa.Column("at_once", sa.Integer(), nullable=False, server_default="1000"),
    sa.Column("batch_id", sa.String(64)),
    sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
    sa.Column("metadata", document, nullable=False, server_default="{}"),
    sa.Column("cache_key", sa.String(64)),
    sa.Column("is_cached", sa.Boolean(), nullable=False, server_default=sa.false()),
    sa.Column("is_cancel_asked", sa.Boolean(), nullable=False, server_default=sa.false()),
)


def upgrade() -> None:
    with op.batch_alter_table("jobs") as jobs:
        for column in NEW_COLUMNS:
            jobs.add_column(column)
        jobs.drop_constraint("ck_jobs_state", type_="check")
        jobs.create_check_constraint("ck_jobs_state", STATES)
        for columns in (["state", "turn"], ["tenant", "state", "turn"], ["tenant", "id"], ["batch_id"]):
            jobs.create_index("_".join(["ix_jobs", *columns]), columns)
    _make_tables_of_jobs()
    _make_tables_of_accounts()
    _make_tables_of_webhooks()


def _make_tables_of_jobs() -> None:
    op.create_table(
        "events",
        sa.Column("job_id", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_events_job_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "version", name="pk_events"),
    )
    op.create_table(
        "batches",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("metadata", document, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
    )
    op.create_index("ix_batches_expires_at", "batches", ["expires_at"])
    op.create_table(
        "replays",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("route", sa.String(64), nullable=False),
        sa.Column("key", sa.String(128), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "route", "key", name="pk_replays"),
    )
    op.create_index("ix_replays_expires_at", "replays", ["expires_at"])
    op.create_table(
        "feedback",
        sa.Column("job_id", sa.String(64), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("preferred_method", sa.String(32)),
        sa.Column("comment", sa.Text()),
        sa.Column("facts", document, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("job_id", name="pk_feedback"),
    )
    counts = ("accepted", "succeeded", "failed", "cancelled", "cached")
    op.create_table(
        "usage",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(count, sa.Integer(), nullable=False) for count in counts),
        sa.Column("bytes_in", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "day", name="pk_usage"),
    )


def _make_tables_of_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("limits", document, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("name", name="uq_accounts_name"),
    )
    op.create_table(
        "keys",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("scopes", document, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("expires_at", moment),
        sa.Column("last_used_at", moment),
        sa.Column("revoked_at", moment),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_keys_account_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_keys"),
        sa.UniqueConstraint("hash", name="uq_keys_hash"),
    )
    op.create_index("ix_keys_account_id", "keys", ["account_id"])
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=True),
        sa.Column("at", moment, nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("address", sa.String(64)),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(128), nullable=False),
        sa.Column("details", document, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])


def _make_tables_of_webhooks() -> None:
    op.create_table(
        "endpoints",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", document, nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("rotated_at", moment),
        sa.Column("failing_since", moment),
        sa.Column("disabled_at", moment),
        sa.Column("disabled_reason", sa.Text()),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_endpoints"),
    )
    op.create_index("ix_endpoints_tenant", "endpoints", ["tenant"])
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("endpoint_id", sa.String(64), nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("data", document, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("log", document, nullable=False),
        sa.Column("due_at", moment),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("finished_at", moment),
        sa.CheckConstraint("state IN ('pending', 'delivered', 'failed')", name="ck_deliveries_state"),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoints.id"], name="fk_deliveries_endpoint_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("endpoint_id", "event", "subject", name="uq_deliveries_endpoint_id_event_subject"),
    )
    op.create_index("ix_deliveries_state_due_at", "deliveries", ["state", "due_at"])
    op.create_index("ix_deliveries_endpoint_id_id", "deliveries", ["endpoint_id", "id"])


def downgrade() -> None:
    for table in ("deliveries", "endpoints", "audit", "keys", "accounts", "usage"):
        op.drop_table(table)
    for table in ("feedback", "replays", "batches", "events"):
        op.drop_table(table)
    op.execute("DELETE FROM jobs WHERE state IN ('cancelled', 'expired')")
    with op.batch_alter_table("jobs") as jobs:
        for columns in (["state", "turn"], ["tenant", "state", "turn"], ["tenant", "id"], ["batch_id"]):
            jobs.drop_index("_".join(["ix_jobs", *columns]))
        jobs.drop_constraint("ck_jobs_state", type_="check")
        jobs.create_check_constraint("ck_jobs_state", FORMER)
        for column in NEW_COLUMNS:
            jobs.drop_column(column.name)
