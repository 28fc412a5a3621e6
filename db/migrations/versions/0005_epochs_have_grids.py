"""Epochs have a sample grid and their peak memory."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("epoch", sa.Column("tenant", sa.String(length=64), nullable=True))
    op.add_column("epoch", sa.Column("peak_memory_mb", sa.Double(), nullable=True))
    op.add_column("epoch", sa.Column("grid_key", sa.String(length=64), nullable=True))
    op.create_index("ix_epoch_grid_key", "epoch", ["tenant", "grid_key"])


def downgrade() -> None:
    op.drop_index("ix_epoch_grid_key", table_name="epoch")
    for column in ("grid_key", "peak_memory_mb", "tenant"):
        op.drop_column("epoch", column)
