"""Who works, and who leads."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Row


class Worker(Row):
    """One process that takes jobs; a new row at each start."""

    __tablename__ = "worker"
    __table_args__ = (
        CheckConstraint(
            "state IN ('starting', 'ready', 'draining', 'broken', 'lost', 'stopped')", name="state"
        ),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int]
    device: Mapped[str] = mapped_column(String(64))
    queues: Mapped[list[str]] = mapped_column(JSON)
    build: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    in_flight: Mapped[int] = mapped_column(default=0)
    numbers: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    started_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    drain_requested_at: Mapped[datetime | None]


class Lock(Row):
    """A role that one process at a time may hold, such as the sweeper's."""

    __tablename__ = "lock"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner: Mapped[str] = mapped_column(String(36))
    expires_at: Mapped[datetime]
