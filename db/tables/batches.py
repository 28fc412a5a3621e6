"""Many jobs that were asked for together."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Row, partial


class Batch(Row):
    """Up to 10,000 lines under one idempotency key."""

    __tablename__ = "batch"
    __table_args__ = (
        UniqueConstraint("tenant", "idempotency_key"),
        Index("ix_batch_newest", "tenant", "created_at", "id"),
        partial("ix_batch_open", "created_at", where="finished_at IS NULL"),
        partial("ix_batch_over", "finished_at", where="finished_at IS NOT NULL"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    idempotency_key: Mapped[str | None] = mapped_column(String(255))
    request_sha256: Mapped[str] = mapped_column(String(64))
    external_id: Mapped[str | None] = mapped_column(String(255))
    lines: Mapped[int]
    refused: Mapped[int]
    webhook_url: Mapped[str | None] = mapped_column(String(2048))
    created_at: Mapped[datetime]
    cancel_requested_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    # How its jobs ended: written with finished_at, while all of them are still there.
    succeeded: Mapped[int | None]
    failed: Mapped[int | None]
    cancelled: Mapped[int | None]
    dead: Mapped[int | None]


class BatchLine(Row):
    """One line: the job it became, or why it became none."""

    __tablename__ = "batch_line"

    batch_id: Mapped[str] = mapped_column(String(36), ForeignKey("batch.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[str | None] = mapped_column(String(36))
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
