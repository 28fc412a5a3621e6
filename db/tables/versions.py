"""The weights we serve, the data they learned from, and how each epoch went."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Row


class Version(Row):
    """Weights with their card and scores.

    Attributes:
        canary_share: of the jobs that use it although another version serves.
    """

    __tablename__ = "version"
    __table_args__ = (
        UniqueConstraint("tenant", "label"),
        UniqueConstraint("job_id"),
        Index("ix_version_weights_key", "tenant", "weights_key"),
        CheckConstraint("state IN ('candidate', 'serving', 'retired')", name="state"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    label: Mapped[str] = mapped_column(String(128))
    network: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    weights_key: Mapped[str] = mapped_column(String(64))
    card: Mapped[str] = mapped_column(Text)
    dataset_id: Mapped[str | None] = mapped_column(String(36))
    job_id: Mapped[str | None] = mapped_column(String(36), ForeignKey("job.id"))
    canary_share: Mapped[float | None]
    created_at: Mapped[datetime]


class Dataset(Row):
    """A set of pictures to learn from; once registered, only erasure takes pictures out of it.

    Attributes:
        version: of its name; the newest is what the name alone means.
        manifest: of each picture its id, the key of its bytes and its category; since 0004 also
            product, source, split, phash and side_px; and where so, that it was rated, that consent
            was said of it, and that it showed a person when it entered.
        left_out: which pictures were named and not taken, and why.
        erased: how many erasure took out.
        made_by: as of a job.
    """

    __tablename__ = "dataset"
    __table_args__ = (UniqueConstraint("tenant", "name", "version"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(128))
    version: Mapped[int] = mapped_column(default=1)
    kind: Mapped[str] = mapped_column(String(32))
    pictures: Mapped[int]
    categories: Mapped[list[str]] = mapped_column(JSON)
    manifest: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    left_out: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    licence: Mapped[str | None] = mapped_column(String(255))
    erased: Mapped[int | None]
    made_by: Mapped[str | None] = mapped_column(String(16))
    created_at: Mapped[datetime]


class Epoch(Row):
    """How one epoch of a training job went.

    Attributes:
        scores: on validation, by name; what a network has instead of PSNR and SSIM.
        grid_key: of a PNG of what the network made after it.
        tenant: whose bytes those are; a build from before 0005 writes none, and no grid.
    """

    __tablename__ = "epoch"
    __table_args__ = (Index("ix_epoch_grid_key", "tenant", "grid_key"),)

    job_id: Mapped[str] = mapped_column(String(36), ForeignKey("job.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    losses: Mapped[dict[str, float]] = mapped_column(JSON)
    val_psnr_db: Mapped[float | None]
    val_ssim: Mapped[float | None]
    scores: Mapped[dict[str, float] | None] = mapped_column(JSON(none_as_null=True))
    identical: Mapped[int] = mapped_column(default=0)
    learning_rate: Mapped[float]
    seconds: Mapped[float]
    images_per_s: Mapped[float]
    tenant: Mapped[str | None] = mapped_column(String(64))
    peak_memory_mb: Mapped[float | None]
    grid_key: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
