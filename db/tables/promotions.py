"""What was measured of versions, and who put which of them into service."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Row


class Evaluation(Row):
    """A version beside its baseline and what served at that time, on pictures nobody learnt from.

    Attributes:
        digest: of the held-out pictures.
        incumbent_id: the version that served; none if nothing did.
        beats_incumbent: empty where there was none, or none that could be compared.
        fallen: categories in which the incumbent is better beyond noise.
        told: everything that was measured.
    """

    __tablename__ = "evaluation"
    __table_args__ = (Index("ix_evaluation_version", "version_id", "created_at", "id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    version_id: Mapped[str] = mapped_column(String(36), ForeignKey("version.id"))
    dataset_id: Mapped[str | None] = mapped_column(String(36))
    job_id: Mapped[str | None] = mapped_column(String(36))
    incumbent_id: Mapped[str | None] = mapped_column(String(36))
    digest: Mapped[str] = mapped_column(String(64))
    pictures: Mapped[int]
    measure: Mapped[str] = mapped_column(String(32))
    value: Mapped[float]
    baseline: Mapped[float]
    incumbent: Mapped[float | None]
    beats_baseline: Mapped[bool]
    beats_incumbent: Mapped[bool | None]
    fallen: Mapped[list[str]] = mapped_column(JSON)
    told: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]


class Promotion(Row):
    """A change of what serves a shop; rows are added and taken back, never removed.

    Attributes:
        previous_id: what served before; none if nothing did.
        share: of the jobs; below 1 it is a canary.
        forced: although it was not measured to be better.
        refused: what would have kept it back, of one that was forced.
        made_by: the key that asked; none of Packshot's own rule.
    """

    __tablename__ = "promotion"
    __table_args__ = (
        Index("ix_promotion_newest", "tenant", "network", "created_at", "id"),
        CheckConstraint("share > 0 AND share <= 1", name="share"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    network: Mapped[str] = mapped_column(String(32))
    version_id: Mapped[str] = mapped_column(String(36), ForeignKey("version.id"))
    previous_id: Mapped[str | None] = mapped_column(String(36))
    share: Mapped[float]
    forced: Mapped[bool]
    refused: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(String(255))
    made_by: Mapped[str | None] = mapped_column(String(16))
    created_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(String(16))
