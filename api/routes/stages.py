"""How a result came about, as pictures."""

import re

from fastapi import APIRouter, Request, Response

from api import contents, erasing
from api.auth import needs
from api.deps import Tenant
from api.errors import Problem
from db import ids, jobs, quarantine, stages
from db.engine import reading
from db.tables.stages import Stage

_NAME = re.compile(r"[a-z0-9_.]{1,64}")
router = APIRouter(prefix="/v1/jobs", tags=["jobs"])


@router.head("/{job_id}/stages/{stage}", include_in_schema=False, dependencies=[needs("jobs:read")])
@router.get(
    "/{job_id}/stages/{stage}",
    response_class=Response,
    responses=contents.RESPONSES,
    dependencies=[needs("jobs:read")],
)
def content(job_id: str, stage: str, tenant: Tenant, request: Request) -> Response:
    """A mask, a ground or a heat map of a job that was to be explained, as PNG.

    X-Visibility says `held` of one whose result waits for review.
    """
    row, visibility = _found(tenant, job_id, stage)
    quarantine.check_result(visibility)
    key, name = row.picture_key, f"{job_id}-{row.name}"
    answer = contents.answer(request, tenant, key=key, sha256=key, format_="png", name=name)
    if visibility is not None:
        answer.headers["X-Visibility"] = visibility
    return answer


def _found(tenant: str, job_id: str, name: str) -> tuple[Stage, str | None]:
    with reading() as session:
        if not ids.is_id(job_id) or jobs.find(session, tenant, job_id) is None:
            said = "no job has this id"
            raise erasing.missing(session, tenant, job_id, "job_not_found", said)
        found = stages.find(session, tenant, job_id, name) if _NAME.fullmatch(name) else None
    if found is None:
        raise Problem("stage_not_found", "this job has no such stage")
    return found
