"""Every question we ask of what people thought of results."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import clock, paging, results
from db.ids import is_id, new_id
from db.portable import insert
from db.refusals import at
from db.results import ResultNotFound
from db.tables.feedback import Feedback
from db.tables.results import Result


def rate(
    session: Session,
    tenant: str,
    result_id: str,
    *,
    rating: int,
    rater: str | None = None,
    reason: str | None = None,
    region: tuple[int, int, int, int] | None = None,
) -> Feedback:
    """Keep a rating; the same rater's earlier one of the same result is replaced.

    Raises:
        ResultNotFound: the tenant has no such result.
        Refused: `region_outside_picture`.
    """
    result = results.find(session, tenant, result_id) if is_id(result_id) else None
    if result is None:
        raise ResultNotFound("no result has this id")
    if region is not None:
        _check(region, result)
    row_id = new_id()
    told: dict[str, Any] = {
        "rating": rating,
        "reason": reason,
        "region": None if region is None else list(region),
        "created_at": clock.now(),
    }
    row = {"id": row_id, "tenant": tenant, "result_id": result_id, "rater": rater or row_id}
    statement = insert(session, Feedback).values(**row, **told)
    again = statement.on_conflict_do_update(index_elements=["result_id", "rater"], set_=told)
    return session.scalars(
        again.returning(Feedback), execution_options={"populate_existing": True}
    ).one()


def page(
    session: Session,
    tenant: str,
    *,
    limit: int,
    after: tuple[datetime, str] | None = None,
    result_id: str | None = None,
    rating: int | None = None,
) -> Sequence[Feedback]:
    """Newest first, at most `limit`, older than the (created_at, id) of `after`."""
    wanted = [Feedback.tenant == tenant]
    if result_id is not None:
        wanted.append(Feedback.result_id == result_id)
    if rating is not None:
        wanted.append(Feedback.rating == rating)
    by = (Feedback.created_at, Feedback.id)
    return paging.newest(session, select(Feedback).where(*wanted), by, limit=limit, after=after)


def _check(region: tuple[int, int, int, int], result: Result) -> None:
    left, top, width, height = region
    if left + width > result.width or top + height > result.height:
        detail = f"the picture is {result.width} × {result.height} pixels"
        raise at("/region", "region_outside_picture", detail)
