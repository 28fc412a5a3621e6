"""Shops have policies and block lists, pictures tell what was found, and scores are watched."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "policy",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.String(16), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "channel", "version", name="pk_policy"),
    )
    op.create_table(
        "blocked",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("phash", sa.String(16), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("made_by", sa.String(16), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_blocked"),
        sa.UniqueConstraint("tenant", "sha256", "phash", name="uq_blocked_tenant_sha256_phash"),
    )
    op.create_table(
        "score_watch",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("label", sa.String(128), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("baseline", sa.JSON(), nullable=True),
        sa.Column("pending", sa.JSON(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=True),
        sa.Column("drifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "label", name="pk_score_watch"),
    )
    op.add_column("picture", sa.Column("quarantine", sa.JSON(), nullable=True))
    op.add_column("result", sa.Column("policy_version", sa.String(128), nullable=True))
    op.add_column("result", sa.Column("reasons", sa.JSON(), nullable=True))
    op.add_column("result", sa.Column("unfamiliarity", sa.Double(), nullable=True))


def downgrade() -> None:
    for column in ("unfamiliarity", "reasons", "policy_version"):
        op.drop_column("result", column)
    op.drop_column("picture", "quarantine")
    op.drop_table("score_watch")
    op.drop_table("blocked")
    op.drop_table("policy")
