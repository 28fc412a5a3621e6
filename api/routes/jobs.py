"""Jobs: placed, watched, cancelled, tried again."""

import json
from typing import Annotated

import structlog
from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from api import auth, bodies, contents, erasing, pages, waiting
from api.auth import check_order, needs
from api.bodies import JsonBody
from api.deps import Caller, IdempotencyKey, Tenant, WaitSeconds, Watching
from api.erasing import FromDatasets
from api.errors import Problem
from api.schemas.base import Page
from api.schemas.jobs import JobOut, JobsQuery, JobSummary, job_out, job_summary, job_tag
from api.watching import Watch
from db import admission, attempts, datasets, erasure, ids, jobs, line, results, stages, versions
from db.engine import reading, transaction
from db.jobs import Created
from db.operations import order as operations
from db.operations.order import Order
from db.tables.jobs import CANCELLED, DEAD, FAILED, TERMINAL, Job
from db.tables.versions import Epoch
from workers.queues import ring

RETRY_AFTER_S = 2
router = APIRouter(prefix="/v1/jobs", tags=["jobs"])
_READ, _WRITE = [needs("jobs:read")], [needs("jobs:write")]
_NOT_FOUND = "job_not_found"
_LEARNING = ("train", "compress")
_log = structlog.get_logger(__name__)


@router.post(
    "",
    status_code=202,
    dependencies=_WRITE,
    openapi_extra=bodies.described("Order"),
    responses={
        201: {"model": JobOut, "description": "It ended while you waited."},
        200: {"model": JobOut, "description": "The idempotency key's job, made before."},
    },
)
async def create(
    raw: JsonBody,
    caller: Caller,
    key: IdempotencyKey,
    wait_s: WaitSeconds,
    watch: Watching,
    response: Response,
) -> JobOut:
    """Place one operation; the answer does not wait for it unless asked to (`Prefer: wait=N`)."""
    created = await run_in_threadpool(_create, raw, caller, key)
    return await answered(created, caller.tenant, wait_s, watch, response)


async def answered(
    created: Created, tenant: str, wait_s: float | None, watch: Watch, response: Response
) -> JobOut:
    """What the caller is told of a job that was placed: at once, or when its wait is over."""
    if created.new and wait_s is None:
        return _fresh(created.job, response)
    try:
        over = wait_s is not None and await waiting.until_over(
            watch, tenant, created.job.id, wait_s
        )
        told = await run_in_threadpool(tell, tenant, created.job.id, response)
    except SQLAlchemyError as error:
        if not created.new:
            raise
        # The job is written: an error would have the caller place it once more.
        _log.warning("a job was placed and not read back", job_id=created.job.id, error=str(error))
        return _fresh(created.job, response)
    if wait_s is not None:
        response.headers["Preference-Applied"] = f"wait={wait_s:.0f}"
    if not created.new:
        response.status_code = 200
    elif over:
        response.status_code = 201
    return told


@router.get("", dependencies=_READ)
def page(query: Annotated[JobsQuery, Query()], tenant: Tenant) -> Page[JobSummary]:
    """Newest first."""
    with reading() as session:
        rows = jobs.page(
            session,
            tenant,
            limit=query.limit + 1,
            after=pages.after(query.cursor),
            state=query.state,
            op=query.op,
            sku=query.sku,
            external_id=query.external_id,
        )
    rows, cursor = pages.cut(rows, query.limit)
    return Page(items=[job_summary(row) for row in rows], next_cursor=cursor)


@router.get(
    "/{job_id}",
    response_model=JobOut,
    responses={304: {"description": "No new revision."}},
    dependencies=_READ,
)
def find(job_id: str, tenant: Tenant, request: Request, response: Response) -> JobOut | Response:
    """A job with its tries and results; ask again after Retry-After seconds while it is open."""
    told = tell(tenant, job_id, response)
    if contents.is_known(request, job_tag(told)):
        return Response(status_code=304, headers=dict(response.headers))
    return told


@router.post("/{job_id}/cancel", status_code=202, dependencies=_WRITE)
def cancel(job_id: str, tenant: Tenant, response: Response) -> JobOut:
    """A queued job is cancelled at once; a running one when its worker has stopped."""
    with transaction() as session:
        job = _found(session, tenant, job_id)
        if jobs.cancel(session, tenant, job_id) is None:
            raise Problem("job_finished", f"the job is {job.state}")
    ring("hooks")
    return tell(tenant, job_id, response)


@router.post("/{job_id}/retry", status_code=202, dependencies=_WRITE)
def retry(job_id: str, caller: Caller, key: IdempotencyKey, response: Response) -> JobOut:
    """A new job with the same order; for what failed, died or was cancelled."""
    with transaction() as session:
        job = _found(session, caller.tenant, job_id)
        if job.state not in (FAILED, DEAD, CANCELLED):
            raise Problem("job_not_retryable", f"the job is {job.state}")
        order = _order_of(job)
        check_order(caller, order)
        created = admission.place(session, caller.tenant, order, key=key, retry_of=job.id)
    _ring(created)
    if created.new:
        return _fresh(created.job, response)
    return tell(caller.tenant, created.job.id, response)


@router.delete(
    "/{job_id}",
    status_code=204,
    response_class=Response,
    responses=erasing.RESPONSES,
    dependencies=_WRITE,
)
def erase(job_id: str, tenant: Tenant, *, from_datasets: FromDatasets = False) -> Response:
    """Erase a job that is over with its results and all that was made from them."""
    return erasing.erase(
        erasure.erase_job, tenant, job_id, from_datasets=from_datasets, code=_NOT_FOUND
    )


def place(order: Order, caller: auth.Caller, *, key: str | None = None) -> Created:
    """Write a job of the caller's and wake whoever does it."""
    check_order(caller, order)
    with transaction() as session:
        created = admission.place(session, caller.tenant, order, key=key)
    _ring(created)
    return created


def tell(tenant: str, job_id: str, response: Response) -> JobOut:
    """A job as its caller sees it, and the headers that belong to it."""
    with reading() as session:
        job = _found(session, tenant, job_id)
        told = job_out(
            job,
            attempts=attempts.of(session, job.id),
            results=results.of_jobs(session, tenant, [job.id]),
            epochs=datasets.epochs(session, job.id) if job.op in _LEARNING else None,
            version=versions.of_job(session, job.id),
            stages=stages.of_job(session, job.id) if _is_explained(job) else [],
            queue_position=line.position(session, job),
        )
    return _with_headers(told, response)


def _is_explained(job: Job) -> bool:
    """Of most jobs there are no stages to be asked for."""
    return job.state in TERMINAL and bool(json.loads(job.request).get("explain"))


def _create(raw: bytes, caller: auth.Caller, key: str | None) -> Created:
    return place(bodies.parse(raw, operations.parse), caller, key=key)


def _ring(created: Created) -> None:
    if created.new:
        ring(created.job.queue)


def _order_of(job: Job) -> Order:
    """What was asked, without the times that have passed."""
    try:
        order = Order.model_validate_json(job.request)
    except ValidationError as error:
        raise Problem("job_not_retryable", "this build no longer reads such an order") from error
    return order.model_copy(update={"run_after": None, "deadline_at": None})


def _fresh(job: Job, response: Response) -> JobOut:
    """A job as it was made: nothing has happened to it yet that would have to be read back."""
    epochs: list[Epoch] | None = [] if job.op in _LEARNING else None
    return _with_headers(
        job_out(job, attempts=[], results=[], epochs=epochs, version=None), response
    )


def _with_headers(told: JobOut, response: Response) -> JobOut:
    response.headers["Location"] = told.links.self
    response.headers["ETag"] = f'"{job_tag(told)}"'
    if told.state not in TERMINAL:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return told


def _found(session: Session, tenant: str, job_id: str) -> Job:
    job = jobs.find(session, tenant, job_id) if ids.is_id(job_id) else None
    if job is None:
        raise erasing.missing(session, tenant, job_id, _NOT_FOUND, "no job has this id")
    return job
