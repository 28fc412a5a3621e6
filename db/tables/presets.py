"""What a shop wants of its own channels' pictures."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Row


class ShopPreset(Row):
    """One version of a shop's preset; it never changes.

    Attributes:
        rules: as `db.operations.presets.Preset` has them.
        made_by: the key that sent it.
    """

    __tablename__ = "preset"

    tenant: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    rules: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_by: Mapped[str | None] = mapped_column(String(16))
    created_at: Mapped[datetime]
