"""Datasets have versions, and pictures a look."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("picture", "result"):
        op.add_column(table, sa.Column("phash", sa.String(length=16), nullable=True))
        op.add_column(table, sa.Column("colours", sa.String(length=96), nullable=True))
    # SQLite changes no constraint: the table, which has few rows, is made anew.
    with op.batch_alter_table("dataset") as dataset:
        dataset.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        dataset.add_column(sa.Column("left_out", sa.JSON(none_as_null=True), nullable=True))
        dataset.drop_constraint(op.f("uq_dataset_tenant_name"), type_="unique")
        dataset.create_unique_constraint(
            op.f("uq_dataset_tenant_name_version"), ["tenant", "name", "version"]
        )


def downgrade() -> None:
    # A name means one row again: the newest.
    op.execute(
        "DELETE FROM dataset WHERE EXISTS (SELECT 1 FROM dataset AS newer WHERE newer.tenant = "
        "dataset.tenant AND newer.name = dataset.name AND newer.version > dataset.version)"
    )
    with op.batch_alter_table("dataset") as dataset:
        dataset.drop_constraint(op.f("uq_dataset_tenant_name_version"), type_="unique")
        dataset.create_unique_constraint(op.f("uq_dataset_tenant_name"), ["tenant", "name"])
        dataset.drop_column("left_out")
        dataset.drop_column("version")
    for table in ("result", "picture"):
        op.drop_column(table, "colours")
        op.drop_column(table, "phash")
