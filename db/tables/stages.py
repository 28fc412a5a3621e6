"""Pictures of how a result came about, kept where an order says `explain`."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Row, partial


class Stage(Row):
    """One of them: a mask, a ground, a heat map of what a score compares; a PNG.

    Attributes:
        name: within its job.
        ordinal: its place among them.
        result_id: the result it is of; None where the job delivers no picture, as `score`.
        scale: what the colours of a heat map mean; None for what is no heat map.
    """

    __tablename__ = "stage"
    __table_args__ = (
        partial("ix_stage_result_id", "result_id", where="result_id IS NOT NULL"),
        Index("ix_stage_picture_key", "tenant", "picture_key"),
    )

    job_id: Mapped[str] = mapped_column(String(36), ForeignKey("job.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    ordinal: Mapped[int]
    tenant: Mapped[str] = mapped_column(String(64))
    result_id: Mapped[str | None] = mapped_column(String(36), ForeignKey("result.id"))
    picture_key: Mapped[str] = mapped_column(String(64))
    width: Mapped[int]
    height: Mapped[int]
    scale: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime]
