"""Results: found by their product and their scores, and their bytes."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api import bodies, contents, erasing, pages
from api.auth import needs
from api.bodies import JsonBody
from api.deps import Tenant
from api.erasing import FromDatasets
from api.schemas.base import Page
from api.schemas.feedback import ReviewIn
from api.schemas.results import ResultOut, ResultsQuery, result_out
from db import erasure, ids, quarantine, results, reviewing, stages
from db.engine import reading, transaction
from db.tables.results import Result

router = APIRouter(prefix="/v1/results", tags=["results"])
_READ, _WRITE = [needs("jobs:read")], [needs("jobs:write")]  # a result is the job's answer
_NOT_FOUND = "result_not_found"


@router.get("", dependencies=_READ)
def page(query: Annotated[ResultsQuery, Query()], tenant: Tenant) -> Page[ResultOut]:
    """Newest first; only published ones unless asked otherwise."""
    with reading() as session:
        rows = results.page(
            session,
            tenant,
            query.wanted(),
            limit=query.limit + 1,
            after=pages.after(query.cursor),
        )
        rows, cursor = pages.cut(rows, query.limit)
        found = stages.of_results(session, [row.id for row in rows])
    items = [result_out(row, found.get(row.id, ())) for row in rows]
    return Page(items=items, next_cursor=cursor)


@router.get("/{result_id}", dependencies=_READ)
def find(result_id: str, tenant: Tenant) -> ResultOut:
    row = found(tenant, result_id)
    with reading() as session:
        return result_out(row, stages.of_results(session, [row.id]).get(row.id, ()))


@router.head("/{result_id}/content", include_in_schema=False, dependencies=_READ)
@router.get(
    "/{result_id}/content",
    response_class=Response,
    responses=contents.RESPONSES,
    dependencies=_READ,
)
def content(result_id: str, tenant: Tenant, request: Request) -> Response:
    """The delivered file; X-Visibility says `held` of one that waits for review."""
    row = served(tenant, result_id)
    answer = contents.answer(
        request, tenant, key=row.blob_key, sha256=row.sha256, format_=row.format, name=row.id
    )
    answer.headers["X-Visibility"] = row.visibility
    return answer


@router.post(
    "/{result_id}/review",
    dependencies=_WRITE,
    openapi_extra=bodies.described("ReviewIn"),
)
def review(result_id: str, raw: JsonBody, tenant: Tenant) -> ResultOut:
    """Decide about a result that a gate or the policy held back; its job stays as it ended."""
    found(tenant, result_id)  # what is not there has no verdict, whatever the body says
    wanted = bodies.parse_as(raw, ReviewIn)
    with transaction() as session:
        row = reviewing.decide(session, tenant, result_id, wanted.verdict)
        return result_out(row, stages.of_results(session, [row.id]).get(row.id, ()))


@router.delete(
    "/{result_id}",
    status_code=204,
    response_class=Response,
    responses=erasing.RESPONSES,
    dependencies=_WRITE,
)
def erase(result_id: str, tenant: Tenant, *, from_datasets: FromDatasets = False) -> Response:
    """Erase it with all that was made from it; its job stays."""
    return erasing.erase(
        erasure.erase_result, tenant, result_id, from_datasets=from_datasets, code=_NOT_FOUND
    )


def served(tenant: str, result_id: str) -> Result:
    """One whose bytes may be served.

    Raises:
        Problem: there is none.
        Quarantined: a policy or a person keeps them from everybody.
    """
    row = found(tenant, result_id)
    quarantine.check_result(row.visibility)
    return row


def found(tenant: str, result_id: str) -> Result:
    with reading() as session:
        row = results.find(session, tenant, result_id) if ids.is_id(result_id) else None
        if row is None:
            raise erasing.missing(session, tenant, result_id, _NOT_FOUND, "no result has this id")
    return row
