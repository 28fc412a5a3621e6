"""A job names the request that made it, and its trace: for a worker's lines and spans."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job", sa.Column("request_id", sa.String(length=64), nullable=True))
    op.add_column("job", sa.Column("traceparent", sa.String(length=55), nullable=True))


def downgrade() -> None:
    op.drop_column("job", "traceparent")
    op.drop_column("job", "request_id")
