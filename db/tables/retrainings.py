"""When a shop wants a network trained again by itself, and what came of it each time."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Row, partial

OPEN = "outcome IS NULL"


class RetrainingRule(Row):
    """What starts the training of a network on a dataset, and how it is trained.

    Attributes:
        dataset: its name; its newest version is what is learnt from.
        operation: the `train` operation, as an order's would be.
        ratings: so many new ones start it.
        drop_db: so much worse results start it.
        over_results: the mean of so many, of the last and of the first of what serves.
        promotes: whether a version that is better goes into service.
        counted_until: ratings up to then have started what they could.
        made_by: the key that asked.
    """

    __tablename__ = "retraining_rule"
    __table_args__ = (
        UniqueConstraint("tenant", "network", "dataset"),
        CheckConstraint("ratings IS NOT NULL OR drop_db IS NOT NULL", name="starts"),
        CheckConstraint("(drop_db IS NULL) = (over_results IS NULL)", name="drop"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    network: Mapped[str] = mapped_column(String(32))
    dataset: Mapped[str] = mapped_column(String(128))
    operation: Mapped[dict[str, Any]] = mapped_column(JSON)
    ratings: Mapped[int | None]
    drop_db: Mapped[float | None]
    over_results: Mapped[int | None]
    promotes: Mapped[bool]
    counted_until: Mapped[datetime]
    made_by: Mapped[str | None] = mapped_column(String(16))
    created_at: Mapped[datetime]


class Retraining(Row):
    """One time that a rule was met.

    Attributes:
        cause: `ratings` or `drift`.
        told: the numbers that met the rule.
        job_id: the training; none where there was nothing to train on.
        outcome: empty while the training is open.
        detail: why, in a sentence.
    """

    __tablename__ = "retraining"
    __table_args__ = (
        CheckConstraint("cause IN ('ratings', 'drift')", name="cause"),
        Index("ix_retraining_newest", "rule_id", "created_at", "id"),
        partial("ix_retraining_open", "created_at", where=OPEN),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    rule_id: Mapped[str] = mapped_column(
        String(36), ForeignKey("retraining_rule.id", ondelete="CASCADE")
    )
    tenant: Mapped[str] = mapped_column(String(64))
    cause: Mapped[str] = mapped_column(String(16))
    told: Mapped[dict[str, Any]] = mapped_column(JSON)
    dataset_id: Mapped[str | None] = mapped_column(String(36))
    job_id: Mapped[str | None] = mapped_column(String(36))
    version_id: Mapped[str | None] = mapped_column(String(36))
    outcome: Mapped[str | None] = mapped_column(String(16))
    detail: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
