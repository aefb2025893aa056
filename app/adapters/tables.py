"""Every table of the database, for PostgreSQL and SQLite; `migrations/` makes the same ones step by step."""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.adapters.clock import Moment

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
Document = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("queue", String(32), nullable=False),
    Column("turn", Float, nullable=False),
    Column("at_once", Integer, nullable=False),
    Column("batch_id", String(64)),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("options", Document, nullable=False),
    Column("picture", Document, nullable=False),
    Column("metadata", Document, nullable=False),
    Column("cache_key", String(64)),
    Column("is_cached", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("is_cancel_asked", Boolean, nullable=False),
    Column("lease_token", String(64)),
    Column("lease_until", Moment),
    Column("phase", String(32)),
    Column("percent", Integer, nullable=False),
    Column("result", Document),
    Column("result_key", Text),
    Column("error", Document),
    Column("announced_at", Moment),
    Column("announcements", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Column("expires_at", Moment, nullable=False),
    Column("is_recorded", Boolean, nullable=False),
    CheckConstraint("state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'expired')", name="state"),
    # Most jobs have ended. In PostgreSQL they leave the indexes that only the others need.
    Index(None, "state", "announced_at", postgresql_where=text("state = 'queued'")),
    Index(None, "state", "turn", postgresql_where=text("state = 'queued'")),
    Index(None, "tenant", "state", "turn", postgresql_where=text("state IN ('queued', 'running')")),
    Index(None, "tenant", "id"),
    Index(None, "batch_id", postgresql_where=text("batch_id IS NOT NULL")),
    Index(None, "expires_at"),
    Index(None, "finished_at", postgresql_where=text("attempts > 1")),
    Index(
        None,
        *("is_recorded", "state", "finished_at"),
        postgresql_where=text("NOT is_recorded AND state IN ('succeeded', 'failed')"),
    ),
)

events = Table(
    "events",
    metadata,
    Column("job_id", String(64), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("at", Moment, nullable=False),
)
"""Every change of a job's state, numbered by the job's version at that moment; written by the triggers below."""

ENDED = "svgai_ended"
"""The channel on which PostgreSQL calls out the ids of jobs that have just ended."""

_NOTE = "INSERT INTO events (job_id, version, state, attempts, at) VALUES (NEW.id, NEW.version, NEW.state, NEW.attempts"
_TRIGGERS = {
    "postgresql": (
        f"""
        CREATE FUNCTION note_state() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            {_NOTE}, clock_timestamp());
            IF NEW.state IN ('succeeded', 'failed', 'cancelled') THEN
                PERFORM pg_notify('{ENDED}', NEW.id);
            END IF;
            RETURN NULL;
        END $$
        """,
        "CREATE TRIGGER note_new AFTER INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION note_state()",
        "CREATE TRIGGER note_change AFTER UPDATE OF state ON jobs FOR EACH ROW "
        "WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION note_state()",
    ),
    "sqlite": (
        f"CREATE TRIGGER note_new AFTER INSERT ON jobs BEGIN {_NOTE}, strftime('%Y-%m-%d %H:%M:%f000', 'now')); END",
        "CREATE TRIGGER note_change AFTER UPDATE OF state ON jobs WHEN OLD.state IS NOT NEW.state "
        f"BEGIN {_NOTE}, strftime('%Y-%m-%d %H:%M:%f000', 'now')); END",
    ),
}
for _dialect, _statements in _TRIGGERS.items():
    for _statement in _statements:
        event.listen(events, "after_create", DDL(_statement.replace("%", "%%")).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]

batches = Table(
    "batches",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("metadata", Document, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index(None, "expires_at"),
)

replays = Table(
    "replays",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("route", String(64), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index(None, "expires_at"),
)
"""What was made under an Idempotency-Key: the same key gives the same job or batch again."""

feedback = Table(
    "feedback",
    metadata,
    Column("job_id", String(64), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("rating", Integer, nullable=False),
    Column("preferred_method", String(32)),
    Column("comment", Text),
    Column("facts", Document, nullable=False),
    Column("created_at", Moment, nullable=False),
)
"""What people said of results; it outlives the job, so the job's facts lie beside it."""

usage = Table(
    "usage",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("accepted", Integer, nullable=False),
    Column("succeeded", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("cancelled", Integer, nullable=False),
    Column("cached", Integer, nullable=False),
    Column("bytes_in", BigInteger, nullable=False),
    Column("seconds", Float, nullable=False),
)

records = Table(
    "records",
    metadata,
    Column("job_id", String(64), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    Column("asked", String(32), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("bytes_in", BigInteger, nullable=False),
    Column("error", String(64)),
    Column("image_type", String(16), nullable=False),
    Column("confidence", Float),
    Column("advised_by", String(16), nullable=False),
    Column("models", Document, nullable=False),
    Column("features", Document, nullable=False),
    Column("predictions", Document, nullable=False),
    Column("tried", Document, nullable=False),
    Column("target", Float),
    Column("method", String(32)),
    Column("predicted", Float),
    Column("ssim", Float),
    Column("delta_e", Float),
    Column("baseline_ssim", Float),
    Column("seconds", Float, nullable=False),
    Column("bytes_out", BigInteger, nullable=False),
    Column("segments", Integer, nullable=False),
    Column("rating", Integer),
    Column("preferred_method", String(32)),
    Column("shadow", Document),
    Index(None, "at"),
)
"""Conversions as they are remembered; they outlive their jobs, and may lie in a database of their own."""

tallies = Table(
    "tallies",
    metadata,
    Column("day", Date, primary_key=True),
    Column("image_type", String(16), primary_key=True),
    Column("method", String(32), primary_key=True),
    Column("advised_by", String(16), primary_key=True),
    *(Column(name, BigInteger, nullable=False) for name in ("conversions", "failed", "missed", "fell_back")),
    *(Column(name, BigInteger, nullable=False) for name in ("compared", "predicted", "bytes_out", "ratings", "rating")),
    *(Column(name, Float, nullable=False) for name in ("ssim", "ssim_compared", "baseline_ssim", "prediction_error")),
    Column("seconds", Float, nullable=False),
)
"""Sums over records, by day, type of picture, method and adviser."""

model_tallies = Table(
    "model_tallies",
    metadata,
    Column("day", Date, primary_key=True),
    Column("version", String(64), primary_key=True),
    Column("part", String(8), primary_key=True),
    Column("conversions", BigInteger, nullable=False),
    *(Column(name, Float, nullable=False) for name in ("worth", "worth_squared", "error", "error_squared")),
    *(Column(name, Float, nullable=False) for name in ("gain", "gain_squared")),
)
"""The same by the predictor that was in use, or foretold beside it."""

method_tallies = Table(
    "method_tallies",
    metadata,
    Column("day", Date, primary_key=True),
    Column("method", String(32), primary_key=True),
    Column("tried", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
)
"""How often each method was tried, and how often it failed."""

model_versions = Table(
    "model_versions",
    metadata,
    Column("version", String(64), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("learned_from", String(64)),
    Column("conversions", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("figures", Document, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    CheckConstraint("state IN ('candidate', 'shadow', 'serving', 'retired', 'refused')", name="state"),
)
"""Predictors that are or were in use, or were not good enough."""

watches = Table(
    "watches",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("standing", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("figures", Document, nullable=False),
    Column("at", Moment, nullable=False),
)
"""What was found when somebody looked last whether models still fit."""

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(128), nullable=False),
    Column("limits", Document, nullable=False),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("name"),
)

keys = Table(
    "keys",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("account_id", String(64), ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(128), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("scopes", Document, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("last_used_at", Moment),
    Column("revoked_at", Moment),
    UniqueConstraint("hash"),
    Index(None, "account_id"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("address", String(64)),
    Column("action", String(64), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("details", Document, nullable=False),
    Index(None, "at"),
)

endpoints = Table(
    "endpoints",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("url", Text, nullable=False),
    Column("events", Document, nullable=False),
    Column("description", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("rotated_at", Moment),
    Column("failing_since", Moment),
    Column("disabled_at", Moment),
    Column("disabled_reason", Text),
    Column("created_at", Moment, nullable=False),
    Index(None, "tenant"),
)
"""Where an account wants to be told of its jobs."""

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("endpoint_id", String(64), ForeignKey("endpoints.id", ondelete="CASCADE"), nullable=False),
    Column("event", String(32), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("data", Document, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("log", Document, nullable=False),
    Column("due_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("finished_at", Moment),
    CheckConstraint("state IN ('pending', 'delivered', 'failed')", name="state"),
    UniqueConstraint("endpoint_id", "event", "subject"),
    Index(None, "state", "due_at"),
    Index(None, "endpoint_id", "id"),
)
"""Messages to endpoints; written in the transaction that made the news, so none is lost and none is sent twice."""

workers = Table(
    "workers",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("seen_at", Moment, nullable=False),
)
