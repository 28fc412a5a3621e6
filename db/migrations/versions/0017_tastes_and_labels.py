"""What shoppers like, what people say that pictures show, and vectors by when they were made."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_VECTORS = "ix_embedding_newest"
_INDEXES = {
    "ix_taste_newest": ["tenant", "created_at", "id"],
    "ix_taste_shopper": ["tenant", "shopper"],
    "ix_taste_segment": ["tenant", "segment", "created_at", "id"],
    "ix_taste_picture_id": ["picture_id"],
}


def upgrade() -> None:
    op.create_index(_VECTORS, "embedding", ["tenant", "space", "created_at", "picture_id"])
    op.create_table(
        "taste",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("picture_id", sa.String(length=36), nullable=False),
        sa.Column("segment", sa.String(length=64), nullable=True),
        sa.Column("shopper", sa.String(length=64), nullable=True),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("liked", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("liked IN (-1, 1)", name=op.f("ck_taste_liked")),
        sa.CheckConstraint(
            "segment IS NOT NULL OR shopper IS NOT NULL", name=op.f("ck_taste_whose")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taste")),
        sa.UniqueConstraint(
            "tenant", "picture_id", "who", name=op.f("uq_taste_tenant_picture_id_who")
        ),
    )
    for name, columns in _INDEXES.items():
        op.create_index(name, "taste", columns)
    op.create_table(
        "label",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("picture_id", sa.String(length=36), nullable=False),
        sa.Column("proposed", sa.String(length=64), nullable=False),
        sa.Column("category", sa.String(length=64), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "picture_id", name=op.f("pk_label")),
    )
    op.create_index("ix_label_picture_id", "label", ["picture_id"])


def downgrade() -> None:
    op.drop_table("label")
    op.drop_table("taste")
    op.drop_index(_VECTORS, table_name="embedding")
