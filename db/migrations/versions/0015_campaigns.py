"""Campaigns choose among results by what shoppers did."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("goal", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("goal IN ('click', 'order')", name=op.f("ck_campaign_goal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("tenant", "name", name=op.f("uq_campaign_tenant_name")),
    )
    op.create_index("ix_campaign_newest", "campaign", ["tenant", "created_at", "id"])
    op.create_table(
        "arm",
        sa.Column("campaign_id", sa.String(length=36), nullable=False),
        sa.Column("result_id", sa.String(length=36), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_arm_campaign_id")),
        sa.ForeignKeyConstraint(["result_id"], ["result.id"], name=op.f("fk_arm_result_id")),
        sa.PrimaryKeyConstraint("campaign_id", "result_id", name=op.f("pk_arm")),
    )
    op.create_index("ix_arm_result_id", "arm", ["result_id"])
    op.create_table(
        "tally",
        sa.Column("result_id", sa.String(length=36), nullable=False),
        sa.Column("campaign_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('choice', 'impression', 'click', 'order')", name=op.f("ck_tally_kind")
        ),
        sa.ForeignKeyConstraint(["result_id"], ["result.id"], name=op.f("fk_tally_result_id")),
        sa.PrimaryKeyConstraint("result_id", "campaign_id", "kind", "shard", name=op.f("pk_tally")),
    )
    op.create_table(
        "shop_event",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_shop_event")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_shop_event_received_at", "shop_event", ["received_at"])


def downgrade() -> None:
    for table in ("shop_event", "tally", "arm", "campaign"):
        op.drop_table(table)
