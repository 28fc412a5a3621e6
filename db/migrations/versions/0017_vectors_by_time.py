"""Vectors are found by when they were made, so that a search in memory learns what is new."""

from alembic import op

revision = "0017"
down_revision = "0014"
branch_labels = None
depends_on = None

_COLUMNS = ["tenant", "space", "created_at", "picture_id"]


def upgrade() -> None:
    op.create_index("ix_embedding_newest", "embedding", _COLUMNS)


def downgrade() -> None:
    op.drop_index("ix_embedding_newest", table_name="embedding")
