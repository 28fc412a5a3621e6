"""Rules that train a network again, and what came of each time."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "retraining_rule",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("network", sa.String(length=32), nullable=False),
        sa.Column("dataset", sa.String(length=128), nullable=False),
        sa.Column("operation", sa.JSON(), nullable=False),
        sa.Column("ratings", sa.Integer(), nullable=True),
        sa.Column("drop_db", sa.Double(), nullable=True),
        sa.Column("over_results", sa.Integer(), nullable=True),
        sa.Column("promotes", sa.Boolean(), nullable=False),
        sa.Column("counted_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=16), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "ratings IS NOT NULL OR drop_db IS NOT NULL", name=op.f("ck_retraining_rule_starts")
        ),
        sa.CheckConstraint(
            "(drop_db IS NULL) = (over_results IS NULL)", name=op.f("ck_retraining_rule_drop")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retraining_rule")),
        sa.UniqueConstraint(
            "tenant", "network", "dataset", name=op.f("uq_retraining_rule_tenant_network_dataset")
        ),
    )
    op.create_table(
        "retraining",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("rule_id", sa.String(length=36), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("dataset_id", sa.String(length=36), nullable=True),
        sa.Column("job_id", sa.String(length=36), nullable=True),
        sa.Column("version_id", sa.String(length=36), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("cause IN ('ratings', 'drift')", name=op.f("ck_retraining_cause")),
        sa.ForeignKeyConstraint(
            ["rule_id"],
            ["retraining_rule.id"],
            name=op.f("fk_retraining_rule_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retraining")),
    )
    op.create_index("ix_retraining_newest", "retraining", ["rule_id", "created_at", "id"])
    op.create_index(
        "ix_retraining_open",
        "retraining",
        ["created_at"],
        sqlite_where=sa.text("outcome IS NULL"),
        postgresql_where=sa.text("outcome IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("retraining")
    op.drop_table("retraining_rule")
