"""Of a picture's look it is noted whether it is cut out."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("picture", "result"):
        op.add_column(table, sa.Column("cut_out", sa.Boolean(), nullable=True))


def downgrade() -> None:
    for table in ("result", "picture"):
        op.drop_column(table, "cut_out")
