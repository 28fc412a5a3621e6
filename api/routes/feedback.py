"""What people thought of results: kept, shown, and learnt from."""

from typing import Annotated

from fastapi import APIRouter, Query

from api import bodies, pages
from api.auth import needs
from api.bodies import JsonBody
from api.deps import Tenant
from api.schemas.base import Page
from api.schemas.feedback import FeedbackIn, FeedbackOut, FeedbackQuery
from db import feedback
from db.engine import reading, transaction
from db.tables.feedback import Feedback

router = APIRouter(prefix="/v1/feedback", tags=["feedback"])


@router.get("", dependencies=[needs("jobs:read")])
def page(query: Annotated[FeedbackQuery, Query()], tenant: Tenant) -> Page[FeedbackOut]:
    """Newest first, by result and rating."""
    with reading() as session:
        rows = feedback.page(
            session,
            tenant,
            limit=query.limit + 1,
            after=pages.after(query.cursor),
            result_id=query.result_id,
            rating=query.rating,
        )
    rows, cursor = pages.cut(rows, query.limit)
    return Page(items=[_out(row) for row in rows], next_cursor=cursor)


@router.post(
    "",
    status_code=201,
    dependencies=[needs("jobs:write")],
    openapi_extra=bodies.described("FeedbackIn"),
)
def rate(raw: JsonBody, tenant: Tenant) -> FeedbackOut:
    """Rate a result; the same rater's earlier rating of it is replaced."""
    wanted = bodies.parse_as(raw, FeedbackIn)
    with transaction() as session:
        return _out(feedback.rate(session, tenant, **dict(wanted)))


def _out(row: Feedback) -> FeedbackOut:
    return FeedbackOut(
        id=row.id,
        result_id=row.result_id,
        rating=row.rating,
        reason=row.reason,
        region=row.region,
        rater=None if row.rater == row.id else row.rater,
        created_at=row.created_at,
    )
