"""What people say that pictures show."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Row


class Label(Row):
    """A person's answer to what a classifier proposed of a picture or result; it goes with it.

    Attributes:
        picture_id: of a picture or of a result.
        proposed: the category that the classifier named.
        category: what it is; empty if the proposal was rejected and nothing was said instead.
    """

    __tablename__ = "label"
    __table_args__ = (Index("ix_label_picture_id", "picture_id"),)

    tenant: Mapped[str] = mapped_column(String(64), primary_key=True)
    picture_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    proposed: Mapped[str] = mapped_column(String(64))
    category: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[datetime]
