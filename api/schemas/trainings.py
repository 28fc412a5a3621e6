"""A training, as callers see it: what learns from what, how it goes, and what came out."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from api.schemas.base import Answer, PageQuery, Query
from api.schemas.events import Progress, progress_of
from api.schemas.jobs import EpochOut, JobError, State, VersionMade, epoch_out, error_of
from db.tables.jobs import Job
from db.tables.versions import Epoch
from db.trainings import Course

LearningOp = Literal["train", "tune", "compress", "evaluate"]


class TrainingLinks(Answer):
    self: str
    job: str
    epochs: str
    events: str


class TrainingOut(Answer):
    """A job that learns or measures."""

    id: str
    """The job's."""
    op: LearningOp
    state: State
    network: str | None
    """Null where a version is named instead."""
    dataset: str
    version: str | None
    """What it begins with, makes smaller or measures."""
    label: str | None
    """What the version that comes out is to be called."""
    progress: Progress
    epochs_done: int
    best: EpochOut | None
    """The epoch whose weights are kept: of the highest score, or without a score the last."""
    last: EpochOut | None
    made: VersionMade | None
    """The version that came out."""
    error: JobError | None
    external_id: str | None
    batch_id: str | None
    revision: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    links: TrainingLinks


class TrainingDetail(TrainingOut):
    """The same with what was asked for, what was found, and each epoch."""

    operation: dict[str, Any]
    report: dict[str, Any] | None
    epochs: list[EpochOut]
    """The first 200; the rest is behind `links.epochs`."""


class EpochsPage(Answer):
    """Some of a training's epochs, in their order."""

    items: list[EpochOut]
    next_cursor: str | None = None
    """Give it as `cursor` for the next page; null on the last."""


class TrainingsQuery(PageQuery):
    op: LearningOp | None = None
    state: State | None = None


class EpochsQuery(Query):
    limit: Annotated[int, Field(ge=1, le=1_000)] = 200
    cursor: Annotated[str | None, Field(max_length=20)] = None


_SAME = (
    *("id", "op", "state", "external_id", "batch_id", "revision"),
    *("created_at", "started_at", "finished_at"),
)


def training_out(row: Job, course: Course, now: datetime) -> TrainingOut:
    return TrainingOut(**_fields(row, course, now))


def training_detail(
    row: Job, course: Course, now: datetime, epochs: Sequence[Epoch]
) -> TrainingDetail:
    return TrainingDetail(
        **_fields(row, course, now),
        operation=json.loads(row.request)["operation"],
        report=row.report,
        epochs=[epoch_out(epoch) for epoch in epochs],
    )


def _fields(row: Job, course: Course, now: datetime) -> dict[str, Any]:
    asked = json.loads(row.request)["operation"]
    last = None if course.last is None else epoch_out(course.last)
    preview = None if last is None else last.grid
    at = row.finished_at or now
    here = f"/v1/trainings/{row.id}"
    return {
        **{name: getattr(row, name) for name in _SAME},
        "network": asked.get("network"),
        "dataset": asked["dataset"],
        "version": asked.get("version") or asked.get("start_from"),
        "label": asked.get("label"),
        "progress": Progress(**progress_of(row.progress, row.started_at, at), preview_url=preview),
        "epochs_done": course.epochs,
        "best": None if course.best is None else epoch_out(course.best),
        "last": last,
        "made": course.made and VersionMade(id=course.made.id, label=course.made.label),
        "error": error_of(row.state, row.error_code, row.error_detail),
        "links": TrainingLinks(
            self=here,
            job=f"/v1/jobs/{row.id}",
            epochs=f"{here}/epochs",
            events=f"/v1/jobs/{row.id}/events",
        ),
    }
