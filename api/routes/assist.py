"""The assistant: a wish in words becomes an order, and an order a job as any other."""

import json
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from api import auth, bodies
from api.auth import any_key, check_order, needs
from api.bodies import JsonBody
from api.deps import Caller, IdempotencyKey, WaitSeconds, Watching
from api.errors import at
from api.routes import jobs as job_routes
from api.schemas.assist import (
    AssistIn,
    AssistOut,
    VocabularyOut,
    near_out,
    term_out,
    vocabulary_out,
)
from api.schemas.jobs import JobOut
from api.schemas.results import result_out
from db import admission, jobs, pictures, precedents
from db.engine import reading
from db.operations import order as operations
from db.operations.order import Order
from db.precedents import Precedents
from db.wishes import planning
from db.wishes import reading as wishes
from db.wishes import vocabulary as words
from db.wishes.vocabulary import KINDS
from db.wishes.wish import Wish

router = APIRouter(prefix="/v1/assist", tags=["assistant"])
_READS = "jobs:read"


@dataclass(frozen=True, slots=True)
class _Planned:
    """What a wish became.

    Attributes:
        body: the order as a caller would write it.
        found: what was delivered before; nothing for a key that may read no results.
        is_known: whether the idempotency key has a job already.
    """

    asked: AssistIn
    wish: Wish
    body: dict[str, Any]
    order: Order
    found: Precedents
    is_known: bool


@router.post(
    "",
    status_code=202,
    dependencies=[needs("jobs:write")],
    openapi_extra=bodies.described("AssistIn"),
    responses={
        200: {"model": AssistOut, "description": "Planned, or there is such a result or job."},
        201: {"model": AssistOut, "description": "Its job ended while you waited."},
    },
)
async def create(
    raw: JsonBody,
    caller: Caller,
    key: IdempotencyKey,
    wait_s: WaitSeconds,
    watch: Watching,
    response: Response,
) -> AssistOut:
    """Read a wish, and do it: by a result that is exactly that already, else by a job."""
    planned = await run_in_threadpool(_planned, raw, caller, key)
    if planned.asked.mode == "plan":
        response.status_code = 200
        return _told(planned)
    is_there = planned.found.exact is not None and not planned.is_known
    if planned.asked.mode == "do" and is_there:
        response.status_code = 200
        return _told(planned)
    # The very function of POST /v1/jobs: its scopes, quota, gates and keys are these.
    created = await run_in_threadpool(job_routes.place, planned.order, caller, key=key)
    job = await job_routes.answered(created, caller.tenant, wait_s, watch, response)
    return _told(planned, job)


@router.get("", dependencies=[any_key()])
async def vocabulary() -> VocabularyOut:
    """The words that wishes are read by."""
    return vocabulary_out(words.get(), KINDS)


def _planned(raw: bytes, caller: auth.Caller, key: str | None) -> _Planned:
    """The order, checked as POST /v1/jobs checks it, and what there is already.

    Raises:
        Problem: the body, the wish or the order is none.
        Refused: `wish_not_understood`, `wish_ambiguous`, `wish_impossible`, or as of an order.
    """
    asked = bodies.parse_as(raw, AssistIn)
    wish = wishes.read(asked.wish)
    plan = planning.plan(wish)
    body: dict[str, Any] = {"operation": {**plan.operation, "picture": asked.picture}}
    body |= ({"output": plan.output} if plan.output else {}) | asked.envelope()
    order = bodies.parse(json.dumps(body).encode(), operations.parse)
    check_order(caller, order)
    with reading() as session:
        source = pictures.resolve(session, caller.tenant, asked.picture)
        if source is None:
            detail = "no picture and no result has this id"
            raise at("/picture", "picture_not_found", detail)
        is_known = key is not None and jobs.has_key(session, caller.tenant, key)
        if asked.mode == "plan":
            admission.check(order, admission.look_up(session, caller.tenant, [order]))
        found = (
            precedents.find(session, caller.tenant, order, source)
            if caller.may(_READS)
            else Precedents(None, ())
        )
    return _Planned(asked, wish, body, order, found, is_known)


def _told(planned: _Planned, job: JobOut | None = None) -> AssistOut:
    exact = planned.found.exact if job is None else None
    if job is not None:
        outcome = "queued"
    else:
        outcome = "planned" if planned.asked.mode == "plan" else "existing"
    return AssistOut(
        outcome=outcome,
        understood=[term_out(one) for one in planned.wish.heard],
        ignored_terms=list(planned.wish.ignored),
        order=planned.body,
        result=None if exact is None else result_out(exact),
        near=near_out(planned.found.near),
        job=job,
    )
