"""What a job delivered, with the numbers that prove it."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Row, partial

UNPUBLISHED = "visibility <> 'published'"
# The columns that name bytes; `sha256` says what those of blob_key are.
KEYS = ("blob_key", "source_key", "reference_key", "mask_key", "edit_mask_key")


def _by_key(column: str) -> Index:
    """Who names these bytes? Most rows have no mask and no reference."""
    return partial(f"ix_result_{column}", "tenant", column, where=f"{column} IS NOT NULL")


class Result(Row):
    """One delivered picture and everything a third party needs to recompute its scores.

    Attributes:
        policy_version: of the policy that let it through, held it or blocked it.
        reasons: what that found (db/operations/reasons.py); empty where it found nothing.
        unfamiliarity: of the picture that it was made from; of one drawn from nothing, its own.
        phash: how it looks, with `colours` and `cut_out`; noted when it first enters a dataset.
    """

    __tablename__ = "result"
    __table_args__ = (
        UniqueConstraint("job_id", "ordinal"),
        CheckConstraint("visibility IN ('published', 'held', 'quarantined')", name="visibility"),
        Index("ix_result_newest", "tenant", "created_at", "id"),
        Index("ix_result_sku", "tenant", "sku", "created_at", "id"),
        Index("ix_result_op", "tenant", "op", "created_at", "id"),
        partial("ix_result_unpublished", "tenant", "created_at", "id", where=UNPUBLISHED),
        *(_by_key(column) for column in KEYS),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    job_id: Mapped[str] = mapped_column(String(36), ForeignKey("job.id"))
    ordinal: Mapped[int]
    tenant: Mapped[str] = mapped_column(String(64))
    lease_token: Mapped[int]
    visibility: Mapped[str] = mapped_column(String(16), default="published")

    blob_key: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))
    format: Mapped[str] = mapped_column(String(8))
    bytes: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    source_key: Mapped[str | None] = mapped_column(String(64))
    reference_key: Mapped[str | None] = mapped_column(String(64))
    mask_key: Mapped[str | None] = mapped_column(String(64))
    edit_mask_key: Mapped[str | None] = mapped_column(String(64))
    placement: Mapped[list[float] | None] = mapped_column(JSON(none_as_null=True))

    op: Mapped[str] = mapped_column(String(32))
    sku: Mapped[str | None] = mapped_column(String(255))
    channel: Mapped[str | None] = mapped_column(String(64))
    source_kind: Mapped[str] = mapped_column(String(16))
    model_version: Mapped[str | None] = mapped_column(String(128))
    preset_version: Mapped[str | None] = mapped_column(String(128))
    psnr_db: Mapped[float | None]
    ssim: Mapped[float | None]
    product_psnr_db: Mapped[float | None]
    product_ssim: Mapped[float | None]
    product_delta_e_mean: Mapped[float | None]
    identical: Mapped[bool] = mapped_column(default=False)
    product_identical: Mapped[bool] = mapped_column(default=False)
    protected_identical: Mapped[bool] = mapped_column(default=False)
    unproven: Mapped[bool] = mapped_column(default=False)
    compliance: Mapped[str | None] = mapped_column(String(16))
    policy_version: Mapped[str | None] = mapped_column(String(128))
    reasons: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    unfamiliarity: Mapped[float | None]
    phash: Mapped[str | None] = mapped_column(String(16))
    colours: Mapped[str | None] = mapped_column(String(96))
    cut_out: Mapped[bool | None]

    scores: Mapped[dict[str, Any]] = mapped_column(JSON)
    metric_version: Mapped[int]
    seed: Mapped[int] = mapped_column(BigInteger)
    batch_size: Mapped[int | None]
    queue_ms: Mapped[float | None]
    decode_ms: Mapped[float | None]
    device_ms: Mapped[float | None]
    score_ms: Mapped[float | None]
    encode_ms: Mapped[float | None]
    created_at: Mapped[datetime]
