"""Pictures that were taken in, and the bytes kept for anybody."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Row, partial


class Picture(Row):
    """An image file that passed the door, kept as it came.

    Attributes:
        phash: how it looks, with `colours` and `cut_out` (db/likeness.py); each is empty of what
            was taken in before anybody noted it.
        made_by: the key that sent it first; empty of what came before anybody noted it.
        quarantine: under which policy it was blocked and why; its bytes are served to nobody.
    """

    __tablename__ = "picture"
    __table_args__ = (
        UniqueConstraint("tenant", "sha256"),
        Index("ix_picture_newest", "tenant", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))
    format: Mapped[str] = mapped_column(String(8))
    bytes: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    mode: Mapped[str] = mapped_column(String(8))
    name: Mapped[str | None] = mapped_column(String(255))
    phash: Mapped[str | None] = mapped_column(String(16))
    colours: Mapped[str | None] = mapped_column(String(96))
    cut_out: Mapped[bool | None]
    made_by: Mapped[str | None] = mapped_column(String(16))
    quarantine: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime]


class Blob(Row):
    """Bytes that lie in the store under tenant/sha256.

    Attributes:
        needed_at: when somebody was seen to name them; empty while nobody has looked since they
            were put, or since a row that named them has gone.
    """

    __tablename__ = "blob"
    __table_args__ = (partial("ix_blob_unseen", "last_put_at", where="needed_at IS NULL"),)

    tenant: Mapped[str] = mapped_column(String(64), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    bytes: Mapped[int]
    last_put_at: Mapped[datetime]
    needed_at: Mapped[datetime | None]
