"""What was measured of versions and who put which into service; what people thought of results."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("version", sa.Column("canary_share", sa.Double(), nullable=True))
    op.add_column("epoch", sa.Column("scores", sa.JSON(), nullable=True))
    op.create_table(
        "evaluation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("version_id", sa.String(length=36), nullable=False),
        sa.Column("dataset_id", sa.String(length=36), nullable=True),
        sa.Column("job_id", sa.String(length=36), nullable=True),
        sa.Column("incumbent_id", sa.String(length=36), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("pictures", sa.Integer(), nullable=False),
        sa.Column("measure", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("baseline", sa.Double(), nullable=False),
        sa.Column("incumbent", sa.Double(), nullable=True),
        sa.Column("beats_baseline", sa.Boolean(), nullable=False),
        sa.Column("beats_incumbent", sa.Boolean(), nullable=True),
        sa.Column("fallen", sa.JSON(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["version.id"], name=op.f("fk_evaluation_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation")),
    )
    op.create_index(
        "ix_evaluation_version", "evaluation", ["version_id", "created_at", "id"], unique=False
    )
    op.create_table(
        "promotion",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("network", sa.String(length=32), nullable=False),
        sa.Column("version_id", sa.String(length=36), nullable=False),
        sa.Column("previous_id", sa.String(length=36), nullable=True),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("forced", sa.Boolean(), nullable=False),
        sa.Column("refused", sa.Text(), nullable=True),
        sa.Column("reason", sa.String(length=255), nullable=True),
        sa.Column("made_by", sa.String(length=16), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(length=16), nullable=True),
        sa.CheckConstraint("share > 0 AND share <= 1", name=op.f("ck_promotion_share")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["version.id"], name=op.f("fk_promotion_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotion")),
    )
    op.create_index(
        "ix_promotion_newest", "promotion", ["tenant", "network", "created_at", "id"], unique=False
    )
    op.create_table(
        "feedback",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("result_id", sa.String(length=36), nullable=False),
        sa.Column("rater", sa.String(length=255), nullable=False),
        sa.Column("rating", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=True),
        sa.Column("region", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("rating IN (-1, 0, 1)", name=op.f("ck_feedback_rating")),
        sa.ForeignKeyConstraint(["result_id"], ["result.id"], name=op.f("fk_feedback_result_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
        sa.UniqueConstraint("result_id", "rater", name=op.f("uq_feedback_result_id_rater")),
    )
    op.create_index("ix_feedback_newest", "feedback", ["tenant", "created_at", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_feedback_newest", table_name="feedback")
    op.drop_table("feedback")
    op.drop_index("ix_promotion_newest", table_name="promotion")
    op.drop_table("promotion")
    op.drop_index("ix_evaluation_version", table_name="evaluation")
    op.drop_table("evaluation")
    op.drop_column("epoch", "scores")
    op.drop_column("version", "canary_share")
