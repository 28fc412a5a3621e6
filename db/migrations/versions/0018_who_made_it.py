"""Pictures, jobs and datasets say who asked for them."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_TABLES = ("picture", "job", "dataset")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("made_by", sa.String(16), nullable=True))


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_column(table, "made_by")
