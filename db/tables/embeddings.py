"""Pictures as vectors, so that those that are alike can be found."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Row


class Embedding(Row):
    """One picture or result as a vector of length one; it goes with what it is of.

    Attributes:
        space: how it was made; only vectors of one space can be compared.
        picture_id: of a picture or of a result.
        vector: float16, little-endian, `dimension` of them.
    """

    __tablename__ = "embedding"
    __table_args__ = (
        Index("ix_embedding_picture_id", "picture_id"),
        Index("ix_embedding_newest", "tenant", "space", "created_at", "picture_id"),
    )

    tenant: Mapped[str] = mapped_column(String(64), primary_key=True)
    space: Mapped[str] = mapped_column(String(64), primary_key=True)
    picture_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    dimension: Mapped[int]
    vector: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
