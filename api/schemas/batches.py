"""A batch and its lines, as callers see them."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.base import Answer, Query
from api.schemas.jobs import JobError
from db.batch_lines import Answered
from db.operations.order import Order, WebhookUrl
from db.tables.batches import Batch

BatchState = Literal["running", "completed", "partially_completed", "failed", "cancelled"]
LineState = Literal[
    "refused", "queued", "running", "succeeded", "failed", "cancelled", "dead", "erased"
]


class BatchIn(BaseModel):
    """Up to 10,000 orders, and what is said of all of them."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    jobs: Annotated[list[Order], Field(max_length=10_000)]
    external_id: (
        Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00]+$")] | None
    ) = None
    """Your own name for the batch."""
    webhook_url: WebhookUrl | None = None
    """Where to tell that the batch is over, beside the tenant's webhooks."""


class BatchCounts(Answer):
    """Each line is counted once: lines = refused + all the others together."""

    lines: int
    refused: int
    """Lines that made no job; their problem is in the line."""
    queued: int
    running: int
    succeeded: int
    failed: int
    cancelled: int
    dead: int


class BatchLinks(Answer):
    self: str
    lines: str


class BatchOut(Answer):
    """Many orders under one id."""

    id: str
    state: BatchState
    """`completed`: every line succeeded; `partially_completed`: some did; without any,
    `cancelled` when some were cancelled, else `failed`."""
    external_id: str | None
    counts: BatchCounts
    created_at: datetime
    cancel_requested_at: datetime | None
    finished_at: datetime | None
    links: BatchLinks


class LineOut(Answer):
    """What has become of one line."""

    line: int
    """Its number in the file, or its place in `jobs`; from 1."""
    state: LineState
    """The job's; `refused`: it became none; `erased`: its job is no longer kept."""
    job_id: str | None
    sku: str | None
    external_id: str | None
    results: list[str]
    """Ids of what was delivered."""
    error: JobError | None
    """Why the job did not succeed."""
    problem: dict[str, Any] | None
    """Why the line was refused: what POST /v1/jobs would have answered."""


class LinesPage(Answer):
    """Some of a batch's lines."""

    items: list[LineOut]
    next_cursor: str | None = None
    """Give it as `cursor` for the next page; null on the last."""


class LinesQuery(Query):
    limit: Annotated[int, Field(ge=1, le=1_000)] = 100
    cursor: Annotated[str | None, Field(max_length=20)] = None
    state: LineState | None = None


def batch_out(row: Batch, counted: Mapping[str, int]) -> BatchOut:
    counts = BatchCounts(lines=row.lines, refused=row.refused, **counted)
    return BatchOut(
        id=row.id,
        state=_state(row, counts),
        external_id=row.external_id,
        counts=counts,
        created_at=row.created_at,
        cancel_requested_at=row.cancel_requested_at,
        finished_at=row.finished_at,
        links=BatchLinks(self=f"/v1/batches/{row.id}", lines=f"/v1/batches/{row.id}/lines"),
    )


def batch_tag(told: BatchOut) -> str:
    """What is another with every change of it: its ETag, and the id of its events."""
    return sha256(told.model_dump_json().encode()).hexdigest()[:32]


def line_out(line: Answered) -> LineOut:
    error = None
    if line.error_code is not None:
        error = JobError(code=line.error_code, detail=line.error_detail)
    return LineOut(
        line=line.number,
        state=cast("LineState", line.state),
        job_id=line.job_id,
        sku=line.sku,
        external_id=line.external_id,
        results=list(line.results),
        error=error,
        problem=line.problem,
    )


def _state(row: Batch, counts: BatchCounts) -> BatchState:
    if row.finished_at is None:
        return "running"
    if counts.succeeded == counts.lines:
        return "completed"
    if counts.succeeded:
        return "partially_completed"
    return "cancelled" if counts.cancelled else "failed"
