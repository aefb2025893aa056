"""Learning in the service: versions of models, what came of each, and whether they still fit."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

document = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("records", sa.Column("shadow", document))
    op.create_table(
        "model_tallies",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("part", sa.String(8), nullable=False),
        sa.Column("conversions", sa.BigInteger(), nullable=False),
        *(
            sa.Column(name, sa.Float(), nullable=False)
            for name in ("worth", "worth_squared", "error", "error_squared", "gain", "gain_squared")
        ),
        sa.PrimaryKeyConstraint("day", "version", "part", name="pk_model_tallies"),
    )
    op.create_table(
        "method_tallies",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("method", sa.String(32), nullable=False),
        sa.Column("tried", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "method", name="pk_method_tallies"),
    )
    op.create_table(
        "model_versions",
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("learned_from", sa.String(64)),
        sa.Column("conversions", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("figures", document, nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.CheckConstraint(
            "state IN ('candidate', 'shadow', 'serving', 'retired', 'refused')", name="ck_model_versions_state"
        ),
        sa.PrimaryKeyConstraint("version", name="pk_model_versions"),
    )
    op.create_table(
        "watches",
        sa.Column("name", sa.String(16), nullable=False),
        sa.Column("standing", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("figures", document, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_watches"),
    )


def downgrade() -> None:
    for table in ("watches", "model_versions", "method_tallies", "model_tallies"):
        op.drop_table(table)
    op.drop_column("records", "shadow")
