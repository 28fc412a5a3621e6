"""A result, as callers see it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from api.schemas.base import Answer, OperationName, PageQuery, Text
from api.schemas.stages import StageOut, stages_out
from db.operations.reasons import Reason
from db.results import Wanted
from db.tables.results import Result
from db.tables.stages import Stage

Score = Annotated[float | None, Field(description="Null where there is no reference.")]
Ms = float | None


class ResultKeys(Answer):
    """SHA-256 of what the scores were computed from."""

    source: str | None
    reference: str | None
    mask: str | None
    edit_mask: str | None


class ResultLinks(Answer):
    content: str
    job: str


class ResultOut(Answer):
    """A delivered picture and the numbers that prove it."""

    id: str
    job_id: str
    ordinal: int
    op: str
    sku: str | None
    channel: str | None
    format: str
    bytes: int
    width: int
    height: int
    sha256: str
    visibility: Literal["published", "held", "quarantined"]
    source_kind: str
    model_version: str | None
    preset_version: str | None
    """Of what was checked against or made for a preset: `amazon_main@1`."""
    policy_version: str | None
    """Of the policy that judged it: `default@1`, `shop@3`, `channel:web@2`."""
    reasons: list[Reason]
    """What that found; empty where it found nothing."""
    unfamiliarity: float | None
    """Of the picture that it was made from, where the policy asks: 1 is further away than 99 of
    100 pictures that the classifier did not learn from."""
    psnr_db: Score
    ssim: Score
    product_psnr_db: Score
    product_ssim: Score
    product_delta_e_mean: Score
    identical: bool
    """PSNR would be infinite: psnr_db is null and this is true."""
    product_identical: bool
    protected_identical: bool
    unproven: bool
    scores: dict[str, Any]
    metric_version: int
    seed: int
    batch_size: int | None
    queue_ms: Ms
    decode_ms: Ms
    device_ms: Ms
    score_ms: Ms
    encode_ms: Ms
    placement: list[float] | None
    keys: ResultKeys
    stages: list[StageOut]
    """How it came about, of a job that was to be explained."""
    links: ResultLinks
    created_at: datetime


class ResultsQuery(PageQuery):
    job_id: Text | None = None
    op: OperationName | None = None
    sku: Text | None = None
    channel: Text | None = None
    visibility: Literal["published", "held", "all"] = "published"
    """`held` missed a gate and waits for review."""
    min_psnr_db: float | None = None
    min_ssim: float | None = None
    min_product_psnr_db: float | None = None

    def wanted(self) -> Wanted:
        return Wanted(
            job_id=self.job_id,
            op=self.op,
            sku=self.sku,
            channel=self.channel,
            visibility=None if self.visibility == "all" else self.visibility,
            min_psnr_db=self.min_psnr_db,
            min_ssim=self.min_ssim,
            min_product_psnr_db=self.min_product_psnr_db,
        )


_TOLD_OTHERWISE = ("reasons", "keys", "stages", "links")


def result_out(row: Result, stages: Iterable[Stage] = ()) -> ResultOut:
    same = {
        name: getattr(row, name) for name in ResultOut.model_fields if name not in _TOLD_OTHERWISE
    }
    return ResultOut(
        **same,
        reasons=row.reasons or [],
        keys=ResultKeys(
            source=row.source_key,
            reference=row.reference_key,
            mask=row.mask_key,
            edit_mask=row.edit_mask_key,
        ),
        stages=stages_out(stages),
        links=ResultLinks(content=f"/v1/results/{row.id}/content", job=f"/v1/jobs/{row.job_id}"),
    )
