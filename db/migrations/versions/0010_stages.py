"""Results have stages: pictures of how they came about."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_OF_A_RESULT = sa.text("result_id IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "stage",
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("result_id", sa.String(length=36), nullable=True),
        sa.Column("picture_key", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("scale", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_stage_job_id")),
        sa.ForeignKeyConstraint(["result_id"], ["result.id"], name=op.f("fk_stage_result_id")),
        sa.PrimaryKeyConstraint("job_id", "name", name=op.f("pk_stage")),
    )
    op.create_index(
        "ix_stage_result_id",
        "stage",
        ["result_id"],
        sqlite_where=_OF_A_RESULT,
        postgresql_where=_OF_A_RESULT,
    )
    op.create_index("ix_stage_picture_key", "stage", ["tenant", "picture_key"])


def downgrade() -> None:
    op.drop_table("stage")
