"""How the trials of a `tune` job went."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Row


class Trial(Row):
    """One short training with settings of its own.

    Attributes:
        number: from 1.
        value: its best validation score, of one that is complete.
        measure: what that is of.
        scores: after each epoch that it had.
        seconds: of all its epochs.
        error: why it failed.
        changed_at: when it was last told of.
    """

    __tablename__ = "trial"
    __table_args__ = (
        CheckConstraint("state IN ('running', 'complete', 'pruned', 'failed')", name="state"),
    )

    job_id: Mapped[str] = mapped_column(String(36), ForeignKey("job.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(16))
    value: Mapped[float | None]
    measure: Mapped[str | None] = mapped_column(String(64))
    scores: Mapped[list[float]] = mapped_column(JSON)
    seconds: Mapped[float]
    error: Mapped[str | None] = mapped_column(Text)
    changed_at: Mapped[datetime]
