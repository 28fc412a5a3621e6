"""A job, as callers see it."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from api.schemas.base import Answer, OperationName, PageQuery, Text
from api.schemas.results import ResultOut, result_out
from api.schemas.stages import StageOut, stages_out
from db.operations.pipeline import PREVIOUS
from db.tables.jobs import CANCELLED, DEAD, FAILED, Attempt, Job
from db.tables.results import Result
from db.tables.stages import Stage
from db.tables.versions import Epoch, Version

State = Literal["queued", "running", "succeeded", "failed", "cancelled", "dead"]


class JobError(Answer):
    """Why the job ended as it did; why a try did is in `attempts`."""

    code: str
    detail: str | None


class JobLinks(Answer):
    self: str
    results: str


class AttemptOut(Answer):
    """One try."""

    worker: str
    device: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    error: str | None


class EpochOut(Answer):
    """How one epoch of a training went."""

    number: int
    losses: dict[str, float]
    val_psnr_db: float | None
    val_ssim: float | None
    scores: dict[str, float] | None
    """On validation, by name, of a network that gives no picture back."""
    identical: int
    learning_rate: float
    seconds: float
    images_per_s: float
    peak_memory_mb: float | None
    """Of the training; on a CPU of the whole process."""
    grid: str | None
    """Where a PNG of what the network made after it is, of one that makes pictures."""
    created_at: datetime


class VersionMade(Answer):
    """The version that came out of a training."""

    id: str
    label: str


class JobSummary(Answer):
    """A job in a list."""

    id: str
    op: str
    queue: str
    state: State
    attempt: int
    max_attempts: int
    priority: int
    seed: int
    progress: dict[str, Any] | None
    report: dict[str, Any] | None
    error: JobError | None
    operation: dict[str, Any]
    versions: dict[str, str] | None
    sku: str | None
    channel: str | None
    external_id: str | None
    batch_id: str | None
    retry_of: str | None
    created_at: datetime
    scheduled_at: datetime
    deadline_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested_at: datetime | None
    revision: int
    links: JobLinks


class JobOut(JobSummary):
    """A job with everything that belongs to it."""

    attempts: list[AttemptOut]
    results: list[ResultOut]
    stages: list[StageOut]
    """Of one that was to be explained and delivers no picture: `score`."""
    epochs: list[EpochOut] | None
    """Of a training."""
    queue_position: int | None
    """Of a queued job: whose turn it is among the tenant's, 1 is next; 1,000 is that or more. In
    the answer to POST it is null."""
    version: VersionMade | None
    """Of a training that has ended well."""


class JobsQuery(PageQuery):
    state: State | None = None
    op: OperationName | None = None
    sku: Text | None = None
    external_id: Text | None = None


def job_tag(told: JobOut) -> str:
    """Its ETag: another with every revision, and with each step that it gets on in its queue."""
    place = f"-{told.queue_position}" if told.queue_position else ""
    return f"{told.revision}{place}"


_TOLD_OTHERWISE = ("error", "operation", "links")


def job_summary(row: Job) -> JobSummary:
    return JobSummary(**_fields(row))


def job_out(
    row: Job,
    *,
    attempts: Sequence[Attempt],
    results: Sequence[Result],
    epochs: Sequence[Epoch] | None,
    version: Version | None,
    stages: Sequence[Stage] = (),
    queue_position: int | None = None,
) -> JobOut:
    return JobOut(
        **_fields(row),
        attempts=[AttemptOut.model_validate(attempt) for attempt in attempts],
        results=[
            result_out(result, [one for one in stages if one.result_id == result.id])
            for result in results
        ],
        stages=stages_out(one for one in stages if one.result_id is None),
        epochs=None if epochs is None else [epoch_out(epoch) for epoch in epochs],
        queue_position=queue_position,
        version=None if version is None else VersionMade(id=version.id, label=version.label),
    )


def links_of(job_id: str) -> JobLinks:
    return JobLinks(self=f"/v1/jobs/{job_id}", results=f"/v1/results?job_id={job_id}")


def error_of(state: str, code: str | None, detail: str | None) -> JobError | None:
    """A job that was put back in line keeps its last error in its row, but has not ended by it."""
    if code is None or state not in (FAILED, DEAD, CANCELLED):
        return None
    return JobError(code=code, detail=detail)


def epoch_out(row: Epoch) -> EpochOut:
    grid = f"/v1/jobs/{row.job_id}/epochs/{row.number}/grid" if row.grid_key else None
    names = (name for name in EpochOut.model_fields if name != "grid")
    return EpochOut(**{name: getattr(row, name) for name in names}, grid=grid)


def _fields(row: Job) -> dict[str, Any]:
    names = (name for name in JobSummary.model_fields if name not in _TOLD_OTHERWISE)
    return {
        **{name: getattr(row, name) for name in names},
        "error": error_of(row.state, row.error_code, row.error_detail),
        "operation": _asked(json.loads(row.request)["operation"]),
        "links": links_of(row.id),
    }


def _asked(operation: dict[str, Any]) -> dict[str, Any]:
    """As the caller wrote it: a step of a pipeline names no picture."""
    if operation["op"] == "pipeline":
        for step in operation["steps"] or ():
            if step.get("picture") == PREVIOUS:
                del step["picture"]
    return operation
