"""What a shop lets through, and what it never wants to see again."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Row


class Policy(Row):
    """One version of a shop's policy for a channel; it never changes.

    Attributes:
        channel: empty of the shop's own, which holds where a channel has none.
        rules: as `db.operations.policies.PolicyRules` has them.
        made_by: the key that sent it.
    """

    __tablename__ = "policy"

    tenant: Mapped[str] = mapped_column(String(64), primary_key=True)
    channel: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    rules: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_by: Mapped[str | None] = mapped_column(String(16))
    created_at: Mapped[datetime]


class Blocked(Row):
    """An entry of a shop's block list; the picture itself is not kept for it.

    Attributes:
        sha256: of the bytes; empty where only the look is known.
        phash: how it looks (db/likeness.py); empty where only the bytes are known.
    """

    __tablename__ = "blocked"
    __table_args__ = (UniqueConstraint("tenant", "sha256", "phash"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64), default="")
    phash: Mapped[str] = mapped_column(String(16), default="")
    note: Mapped[str | None] = mapped_column(Text)
    made_by: Mapped[str | None] = mapped_column(String(16))
    created_at: Mapped[datetime]
