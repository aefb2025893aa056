"""The quality record: conversions as they are remembered, and sums over them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

document = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
moment = sa.DateTime(timezone=True)

WHOLE = ("conversions", "failed", "missed", "fell_back", "compared", "predicted", "bytes_out", "ratings", "rating")
BROKEN = ("ssim", "ssim_compared", "baseline_ssim", "prediction_error", "seconds")


def upgrade() -> None:
    # What has ended before has none of the facts, and needs no copy. SQLite can add a column without rebuilding the
    # table, which would lose its triggers.
    op.add_column("jobs", sa.Column("is_recorded", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_index(
        "ix_jobs_is_recorded_state_finished_at",
        "jobs",
        ["is_recorded", "state", "finished_at"],
        postgresql_where=sa.text("NOT is_recorded AND state IN ('succeeded', 'failed')"),
    )
    op.create_table(
        "records",
        sa.Column("job_id", sa.String(64), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("asked", sa.String(32), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("bytes_in", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.String(64)),
        sa.Column("image_type", sa.String(16), nullable=False),
        sa.Column("confidence", sa.Float()),
        sa.Column("advised_by", sa.String(16), nullable=False),
        *(sa.Column(name, document, nullable=False) for name in ("models", "features", "predictions", "tried")),
        sa.Column("target", sa.Float()),
        sa.Column("method", sa.String(32)),
        *(sa.Column(name, sa.Float()) for name in ("predicted", "ssim", "delta_e", "baseline_ssim")),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("bytes_out", sa.BigInteger(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("rating", sa.Integer()),
        sa.Column("preferred_method", sa.String(32)),
        sa.PrimaryKeyConstraint("job_id", name="pk_records"),
    )
    op.create_index("ix_records_at", "records", ["at"])
    op.create_table(
        "tallies",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("image_type", sa.String(16), nullable=False),
        sa.Column("method", sa.String(32), nullable=False),
        sa.Column("advised_by", sa.String(16), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in WHOLE),
        *(sa.Column(name, sa.Float(), nullable=False) for name in BROKEN),
        sa.PrimaryKeyConstraint("day", "image_type", "method", "advised_by", name="pk_tallies"),
    )


def downgrade() -> None:
    op.drop_table("tallies")
    op.drop_table("records")
    op.drop_index("ix_jobs_is_recorded_state_finished_at", "jobs")
    op.drop_column("jobs", "is_recorded")
