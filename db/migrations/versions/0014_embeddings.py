"""Pictures have vectors, by which those that are alike are found."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "embedding",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("space", sa.String(length=64), nullable=False),
        sa.Column("picture_id", sa.String(length=36), nullable=False),
        sa.Column("dimension", sa.Integer(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "space", "picture_id", name=op.f("pk_embedding")),
    )
    op.create_index("ix_embedding_picture_id", "embedding", ["picture_id"])


def downgrade() -> None:
    op.drop_table("embedding")
