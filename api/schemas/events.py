"""What event streams tell."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from api.schemas.base import Answer
from api.schemas.batches import BatchCounts
from api.schemas.jobs import (
    EpochOut,
    JobError,
    JobLinks,
    State,
    epoch_out,
    error_of,
    links_of,
)
from db.changes import BatchSeen, JobSeen
from db.tables.versions import Epoch


class Progress(Answer):
    """How far something is; null where nobody can say."""

    step: int | None
    total: int | None
    eta_s: float | None
    """Seconds left, at the speed since the try began."""
    preview_url: str | None
    """A picture of what a training's network makes by now."""


class JobEvent(Progress):
    """The data of `state`, `progress` and `end`: one job as it is now."""

    job_id: str
    revision: int
    """The job and this name what is told: who has seen them has seen it."""
    op: str
    state: State
    attempt: int
    max_attempts: int
    sku: str | None
    external_id: str | None
    batch_id: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested_at: datetime | None
    error: JobError | None
    progress: dict[str, Any] | None
    """As the worker says it."""
    epoch: EpochOut | None
    """Of a training: an epoch that has ended."""
    links: JobLinks


class BatchProgress(Progress):
    """The data of a batch's `progress`; `step` of its `total` jobs are over."""

    batch_id: str
    counts: BatchCounts


_SAME = (
    *("op", "state", "attempt", "max_attempts", "sku", "external_id", "batch_id"),
    *("progress", "created_at", "started_at", "finished_at", "cancel_requested_at"),
)


def job_event(seen: JobSeen, *, epoch: Epoch | None = None) -> JobEvent:
    told = None if epoch is None else epoch_out(epoch)
    row = seen.row
    return JobEvent(
        job_id=seen.id,
        revision=seen.revision,
        **{name: row[name] for name in _SAME},
        **progress_of(row["progress"], row["started_at"], seen.at),
        preview_url=None if told is None else told.grid,
        error=error_of(row["state"], row["error_code"], row["error_detail"]),
        epoch=told,
        links=links_of(seen.id),
    )


def batch_progress(seen: BatchSeen, counts: BatchCounts) -> BatchProgress:
    step, total = _over(counts), counts.lines - counts.refused
    return BatchProgress(
        batch_id=seen.id,
        step=step,
        total=total,
        eta_s=_left_s(step, total, seen.batch.created_at, seen.at),
        preview_url=None,
        counts=counts,
    )


def progress_of(
    told: Mapping[str, Any] | None, since: datetime | None, now: datetime
) -> dict[str, Any]:
    """`step`, `total` and `eta_s` of what a worker wrote: of steps, or of models to render."""
    said = told or {}
    step, total = said.get("step", said.get("rendered")), said.get("total", said.get("models"))
    return {"step": step, "total": total, "eta_s": _left_s(step, total, since, now)}


def _left_s(
    step: int | None, total: int | None, since: datetime | None, now: datetime
) -> float | None:
    if not step or not total or since is None:
        return None
    spent_s = max((now - since).total_seconds(), 0.0)
    return round(spent_s * max(total - step, 0) / step, 1)


def _over(counts: BatchCounts) -> int:
    return counts.succeeded + counts.failed + counts.cancelled + counts.dead
