"""A job, what it was given, and every try at it."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    literal_column,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Row, partial

QUEUED, RUNNING = "queued", "running"
SUCCEEDED, FAILED, CANCELLED, DEAD = "succeeded", "failed", "cancelled", "dead"
TERMINAL = (SUCCEEDED, FAILED, CANCELLED, DEAD)
STATES = (QUEUED, RUNNING, *TERMINAL)
NOT_SUCCEEDED = "state <> 'succeeded'"


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


class Job(Row):
    """One operation that somebody asked for; the truth about it.

    Attributes:
        made_by: the key that asked, or who did without one (db/origin.py); empty of what was placed
            before anybody noted it.
    """

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint(_one_of("state", STATES), name="state"),
        CheckConstraint(
            f"({_one_of('state', TERMINAL)}) = (finished_at IS NOT NULL)", name="terminal_finished"
        ),
        CheckConstraint("(state = 'running') = (lease_owner IS NOT NULL)", name="running_leased"),
        CheckConstraint(
            "state <> 'queued' OR cancel_requested_at IS NULL", name="queued_not_cancelled"
        ),
        UniqueConstraint("tenant", "idempotency_key"),
        partial(
            "ix_job_due",
            *("queue", "tenant", "priority", "scheduled_at", "id"),
            where="state = 'queued'",
        ),
        partial("ix_job_solo", "queue", "scheduled_at", "id", where="state = 'queued' AND solo"),
        partial("ix_job_leased", "lease_expires_at", where="state = 'running'"),
        partial("ix_job_running", "queue", "tenant", where="state = 'running'"),
        partial(
            "ix_job_deadline", "deadline_at", where="state = 'queued' AND deadline_at IS NOT NULL"
        ),
        partial("ix_job_batch", "batch_id", "state", where="batch_id IS NOT NULL"),
        Index("ix_job_newest", "tenant", "created_at", "id"),
        Index("ix_job_op", "tenant", "op", "created_at", "id"),
        # Nearly all rows have succeeded in the end; the others must be found among them.
        partial("ix_job_state", "tenant", "state", "created_at", "id", where=NOT_SUCCEEDED),
        partial("ix_job_sku", *("tenant", "sku", "created_at", "id"), where="sku IS NOT NULL"),
        partial(
            "ix_job_external_id",
            *("tenant", "external_id", "created_at", "id"),
            where="external_id IS NOT NULL",
        ),
        Index("ix_job_finished_at", "finished_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    op: Mapped[str] = mapped_column(String(32))
    queue: Mapped[str] = mapped_column(String(16))
    priority: Mapped[int] = mapped_column(default=5)
    request: Mapped[str] = mapped_column(Text)
    request_sha256: Mapped[str] = mapped_column(String(64))
    idempotency_key: Mapped[str | None] = mapped_column(String(255))
    external_id: Mapped[str | None] = mapped_column(String(255))
    sku: Mapped[str | None] = mapped_column(String(255))
    channel: Mapped[str | None] = mapped_column(String(64))
    batch_id: Mapped[str | None] = mapped_column(String(36))
    retry_of: Mapped[str | None] = mapped_column(String(36))
    webhook_url: Mapped[str | None] = mapped_column(String(2048))
    request_id: Mapped[str | None] = mapped_column(String(64))
    made_by: Mapped[str | None] = mapped_column(String(16))
    traceparent: Mapped[str | None] = mapped_column(String(55))

    state: Mapped[str] = mapped_column(String(16), default=QUEUED)
    attempt: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=3)
    scheduled_at: Mapped[datetime]
    deadline_at: Mapped[datetime | None]
    timeout_s: Mapped[float]
    pixels: Mapped[int] = mapped_column(BigInteger, default=0)
    revision: Mapped[int] = mapped_column(default=1)

    lease_token: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(36))
    lease_expires_at: Mapped[datetime | None]
    cancel_requested_at: Mapped[datetime | None]
    solo: Mapped[bool] = mapped_column(default=False)
    crash_count: Mapped[int] = mapped_column(default=0)

    progress: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    report: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_detail: Mapped[str | None] = mapped_column(Text)
    seed: Mapped[int] = mapped_column(BigInteger)
    versions: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))

    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


# Written out, not bound: only then does a database see that its partial index will do.
AS_QUEUED: ColumnElement[str] = literal_column("'queued'")
AS_RUNNING: ColumnElement[str] = literal_column("'running'")


class JobInput(Row):
    """Which picture a job was given for what."""

    __tablename__ = "job_input"
    __table_args__ = (Index("ix_job_input_picture_id", "picture_id"),)

    job_id: Mapped[str] = mapped_column(String(36), ForeignKey("job.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(64), primary_key=True)
    picture_id: Mapped[str] = mapped_column(String(36))


class Attempt(Row):
    """One try at a job."""

    __tablename__ = "attempt"

    job_id: Mapped[str] = mapped_column(String(36), ForeignKey("job.id"), primary_key=True)
    lease_token: Mapped[int] = mapped_column(primary_key=True)
    worker: Mapped[str] = mapped_column(String(36))
    device: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(16))
    error: Mapped[str | None] = mapped_column(Text)


class Queue(Row):
    """A queue that somebody paused."""

    __tablename__ = "queue"

    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    paused_at: Mapped[datetime | None]


class Turn(Row):
    """When a tenant was last served from a queue: fairness."""

    __tablename__ = "turn"

    queue: Mapped[str] = mapped_column(String(16), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64), primary_key=True)
    last_served_at: Mapped[datetime]
