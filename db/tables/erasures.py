"""What was erased: nothing but its name is left, so that a link to it can say so."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Row


class Erasure(Row):
    """The id of a picture, job or result that its tenant had erased."""

    __tablename__ = "erasure"

    tenant: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    erased_at: Mapped[datetime]
