"""How a training's epochs went, as pictures."""

from fastapi import APIRouter, Request, Response

from api import contents
from api.auth import needs
from api.deps import Tenant
from api.errors import Problem
from db import grids, ids
from db.engine import reading

_LONGEST_NUMBER = 9
router = APIRouter(prefix="/v1/jobs", tags=["jobs"])


@router.head(
    "/{job_id}/epochs/{number}/grid", include_in_schema=False, dependencies=[needs("jobs:read")]
)
@router.get(
    "/{job_id}/epochs/{number}/grid",
    response_class=Response,
    responses=contents.RESPONSES,
    dependencies=[needs("jobs:read")],
)
def grid(job_id: str, number: str, tenant: Tenant, request: Request) -> Response:
    """What the network made after this epoch: of the same noise and pictures after each."""
    with reading() as session:
        is_one = ids.is_id(job_id) and _is_number(number)
        key = grids.find(session, tenant, job_id, int(number)) if is_one else None
    if key is None:
        raise Problem("grid_not_found", "this epoch has no grid")
    name = f"{job_id}-{number}"
    return contents.answer(request, tenant, key=key, sha256=key, format_="png", name=name)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
