"""Trainings: jobs that learn or measure, with what they learn from and how far they are."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from api import contents, erasing, pages
from api.auth import needs
from api.deps import Tenant
from api.routes.jobs import RETRY_AFTER_S
from api.schemas.base import Page
from api.schemas.jobs import epoch_out
from api.schemas.trainings import (
    EpochsPage,
    EpochsQuery,
    TrainingDetail,
    TrainingOut,
    TrainingsQuery,
    training_detail,
    training_out,
)
from db import clock, ids, trainings
from db.engine import reading
from db.tables.jobs import TERMINAL, Job

FIRST_EPOCHS = 200
router = APIRouter(prefix="/v1/trainings", tags=["trainings"], dependencies=[needs("jobs:read")])


@router.get("")
def page(query: Annotated[TrainingsQuery, Query()], tenant: Tenant) -> Page[TrainingOut]:
    """Newest first: `train`, `tune`, `compress` and `evaluate`."""
    wanted = {"op": query.op, "state": query.state}
    after = pages.after(query.cursor)
    with reading() as session:
        rows = trainings.page(session, tenant, limit=query.limit + 1, after=after, **wanted)
        rows, cursor = pages.cut(rows, query.limit)
        courses = trainings.courses(session, [row.id for row in rows])
        now = session.execute(select(clock.now())).scalar_one()
    items = [training_out(row, courses[row.id], now) for row in rows]
    return Page(items=items, next_cursor=cursor)


@router.get(
    "/{job_id}",
    response_model=TrainingDetail,
    responses={304: {"description": "No new revision."}},
)
def find(
    job_id: str, tenant: Tenant, request: Request, response: Response
) -> TrainingDetail | Response:
    """One with its epochs; ask again after Retry-After seconds while it is open."""
    with reading() as session:
        row = _found(session, tenant, job_id)
        course = trainings.courses(session, [row.id])[row.id]
        now = session.execute(select(clock.now())).scalar_one()
        epochs = trainings.epochs(session, row.id, limit=FIRST_EPOCHS)
        told = training_detail(row, course, now, epochs)
    response.headers["ETag"] = f'"{told.revision}"'
    if told.state not in TERMINAL:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    if contents.is_known(request, str(told.revision)):
        return Response(status_code=304, headers=dict(response.headers))
    return told


@router.get("/{job_id}/epochs")
def epochs(job_id: str, query: Annotated[EpochsQuery, Query()], tenant: Tenant) -> EpochsPage:
    """How each epoch went, the first one first."""
    after = pages.number(query.cursor)
    with reading() as session:
        row = _found(session, tenant, job_id)
        rows = trainings.epochs(session, row.id, after=after, limit=query.limit + 1)
    told = [epoch_out(one) for one in rows[: query.limit]]
    more = len(rows) > query.limit
    return EpochsPage(items=told, next_cursor=str(told[-1].number) if more else None)


def _found(session: Session, tenant: str, job_id: str) -> Job:
    row = trainings.find(session, tenant, job_id) if ids.is_id(job_id) else None
    if row is None:
        detail = "no training has this id"
        raise erasing.missing(session, tenant, job_id, "training_not_found", detail)
    return row
