"""What gates held back, one after the other: let go, or kept from everybody, by one key each."""

import json
from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Request, Response

from api.admin import forms, pages
from api.admin.door import Sent, SignedIn, inside
from api.admin.overview import MOST_HELD
from api.admin.routes.results import beside_of
from api.routes import jobs, results
from api.schemas.base import PageQuery
from api.schemas.results import ResultsQuery

router = APIRouter(prefix="/admin")
_DID: Final[Mapping[str, str]] = {"approve": "approved", "reject": "rejected"}


@router.get("/review")
def queue(request: Request, admin: SignedIn) -> Response:
    """The newest that waits, or the next behind a cursor."""
    cursor = forms.asked(request, PageQuery).cursor
    waiting = ResultsQuery(visibility="held", limit=MOST_HELD + 1)
    held = len(results.page(waiting, admin.tenant).items)
    told = results.page(ResultsQuery(visibility="held", limit=1, cursor=cursor), admin.tenant)
    if not told.items:
        return pages.show(request, "review_empty.html", held=held)
    result = told.items[0]
    return pages.show(
        request,
        "review.html",
        result=result,
        job=jobs.tell(admin.tenant, result.job_id, Response()),
        beside=beside_of(result, None),
        held=held,
        next_cursor=told.next_cursor,
        here=f"/admin/review?cursor={cursor}" if cursor else "/admin/review",
    )


@router.post("/results/{result_id}/review")
def decide(admin: SignedIn, sent: Sent, result_id: str) -> Response:
    """Held → published, or seen by nobody."""
    # As a JSON body it passes the very checks of the API.
    raw = json.dumps({"verdict": sent.get("verdict")})
    results.review(result_id, raw.encode(), admin.tenant)
    return pages.back_to(inside(sent.get("next", "")), did=_DID[sent["verdict"]])
