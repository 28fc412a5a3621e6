"""Batches: up to 10,000 orders at once, watched and cancelled as one."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from api import batch_orders, contents, pages
from api.auth import needs
from api.batch_bodies import NDJSON, BatchBody
from api.deps import Caller, IdempotencyKey, Settings, Tenant
from api.errors import Problem
from api.schemas.base import Page, PageQuery
from api.schemas.batches import (
    BatchOut,
    LinesPage,
    LinesQuery,
    batch_out,
    batch_tag,
    line_out,
)
from db import batch_lines, batches, ids
from db.batch_lines import Answered
from db.engine import long_transaction, reading
from db.tables.batches import Batch
from db.tables.jobs import QUEUED, STATES
from workers.queues import ring

AT_ONCE = 2
RETRY_AFTER_S = 2
_LINES_AT_ONCE = 1_000
router = APIRouter(prefix="/v1/batches", tags=["batches"])
_READ, _WRITE = [needs("jobs:read")], [needs("jobs:write")]
_REF = "#/components/schemas/"
_BODY = {
    "required": True,
    "content": {
        "application/json": {"schema": {"$ref": f"{_REF}BatchIn"}},
        **{kind: {"schema": {"$ref": f"{_REF}Order"}} for kind in NDJSON},
    },
}
_LINES: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {NDJSON[0]: {"schema": {"$ref": f"{_REF}LineOut"}}},
        "description": "A page; or, to `Accept: application/x-ndjson`, all that are left.",
    }
}


@router.post(
    "",
    status_code=202,
    dependencies=_WRITE,
    openapi_extra={"requestBody": _BODY},
    responses={200: {"model": BatchOut, "description": "The idempotency key's batch."}},
)
async def create(
    sent: BatchBody,
    caller: Caller,
    key: IdempotencyKey,
    settings: Settings,
    request: Request,
    response: Response,
) -> BatchOut:
    """Place up to 10,000 orders: each line becomes a job or says why not; all at once or none."""
    # A batch is seconds of work: however many come at once, others find a free thread.
    async with request.app.state.batches_at_once:
        created, queues = await run_in_threadpool(
            batch_orders.place, sent, caller, key, most_bytes=settings.max_json_bytes
        )
    if not created.new:
        response.status_code = 200
    for queue in sorted(queues):
        ring(queue)
    if created.new:
        return _with_headers(_fresh(created.batch), response)
    return await run_in_threadpool(_told, caller.tenant, created.batch.id, response)


@router.get("", dependencies=_READ)
def page(query: Annotated[PageQuery, Query()], tenant: Tenant) -> Page[BatchOut]:
    """Newest first."""
    after = pages.after(query.cursor)
    with reading() as session:
        rows = batches.page(session, tenant, limit=query.limit + 1, after=after)
        rows, cursor = pages.cut(rows, query.limit)
        counted = batches.counts(session, rows)
    items = [batch_out(row, counted[row.id]) for row in rows]
    return Page(items=items, next_cursor=cursor)


@router.get(
    "/{batch_id}",
    response_model=BatchOut,
    responses={304: {"description": "Nothing has changed."}},
    dependencies=_READ,
)
def find(
    batch_id: str, tenant: Tenant, request: Request, response: Response
) -> BatchOut | Response:
    """How many of its lines are where; ask again after Retry-After seconds while it runs."""
    told = _told(tenant, batch_id, response)
    if contents.is_known(request, batch_tag(told)):
        return Response(status_code=304, headers=dict(response.headers))
    return told


@router.get("/{batch_id}/lines", response_model=LinesPage, responses=_LINES, dependencies=_READ)
def lines(
    batch_id: str, query: Annotated[LinesQuery, Query()], tenant: Tenant, request: Request
) -> LinesPage | Response:
    """Each line in its order: its job and results, or the problem that it met."""
    after = pages.number(query.cursor)
    with reading() as session:
        _found(session, tenant, batch_id)
    if NDJSON[0] in request.headers.get("accept", ""):
        return StreamingResponse(_all(tenant, batch_id, query.state, after), media_type=NDJSON[0])
    found = _some(tenant, batch_id, query.state, after=after, limit=query.limit + 1)
    told = [line_out(one) for one in found[: query.limit]]
    more = len(found) > query.limit
    return LinesPage(items=told, next_cursor=str(told[-1].line) if more else None)


@router.post("/{batch_id}/cancel", status_code=202, dependencies=_WRITE)
def cancel(batch_id: str, tenant: Tenant, response: Response) -> BatchOut:
    """Queued jobs are cancelled at once, running ones when their workers have stopped."""
    with long_transaction() as session:
        _found(session, tenant, batch_id)
        if not batches.cancel(session, tenant, batch_id):
            raise Problem("batch_finished", "none of its jobs is open any more")
    return _told(tenant, batch_id, response)


def _all(tenant: str, batch_id: str, state: str | None, after: int) -> Iterator[str]:
    """Every line behind a number, as it is when it is its turn; a thousand at a time."""
    while found := _some(tenant, batch_id, state, after=after, limit=_LINES_AT_ONCE):
        yield "".join(f"{line_out(one).model_dump_json()}\n" for one in found)
        after = found[-1].number


def _some(
    tenant: str, batch_id: str, state: str | None, *, after: int, limit: int
) -> list[Answered]:
    with reading() as session:
        found = batch_lines.page(session, tenant, batch_id, limit=limit, after=after, state=state)
        return list(found)


def _told(tenant: str, batch_id: str, response: Response) -> BatchOut:
    """A batch as its caller sees it, and the headers that belong to it."""
    with reading() as session:
        batch = _found(session, tenant, batch_id)
        told = batch_out(batch, batches.counts(session, [batch])[batch.id])
    return _with_headers(told, response)


def _fresh(batch: Batch) -> BatchOut:
    """A batch as it was made: nothing has happened to it yet that would have to be read back."""
    return batch_out(batch, dict.fromkeys(STATES, 0) | {QUEUED: batch.lines - batch.refused})


def _with_headers(told: BatchOut, response: Response) -> BatchOut:
    response.headers["Location"] = told.links.self
    response.headers["ETag"] = f'"{batch_tag(told)}"'
    if told.finished_at is None:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return told


def _found(session: Session, tenant: str, batch_id: str) -> Batch:
    batch = batches.find(session, tenant, batch_id) if ids.is_id(batch_id) else None
    if batch is None:
        raise Problem("batch_not_found", "no batch has this id")
    return batch
