"""The lines of a batch, each with its job and results, or with the problem that it met."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from db.steering import beside
from db.tables.batches import Batch, BatchLine
from db.tables.jobs import CANCELLED, DEAD, FAILED, Job
from db.tables.results import Result

REFUSED: Final = "refused"
ERASED: Final = "erased"
"""Its job is no longer kept."""
_WITHOUT_RESULT = (FAILED, DEAD, CANCELLED)


@dataclass(frozen=True, slots=True)
class Answered:
    """One line and what has become of it."""

    number: int
    state: str
    job_id: str | None
    sku: str | None
    external_id: str | None
    error_code: str | None
    error_detail: str | None
    problem: dict[str, Any] | None
    results: Sequence[str]


def page(
    session: Session,
    tenant: str,
    batch_id: str,
    *,
    limit: int,
    after: int = 0,
    state: str | None = None,
) -> Sequence[Answered]:
    """In their order, at most `limit`, those behind the number `after`."""
    job = (Job.state, Job.sku, Job.external_id, Job.error_code, Job.error_detail)
    wanted = [Batch.tenant == tenant, Batch.id == batch_id, BatchLine.number > after]
    if state is not None:
        wanted.append(_in_state(state))
    found = session.execute(
        select(BatchLine.number, BatchLine.job_id, BatchLine.problem, *job)
        .join(Batch, Batch.id == BatchLine.batch_id)
        .outerjoin(Job, Job.id == BatchLine.job_id)
        .where(*wanted)
        .order_by(BatchLine.number)
        .limit(limit)
    ).all()
    delivered = _delivered(session, tenant, [row.job_id for row in found if row.job_id])
    return [
        Answered(
            number=row.number,
            state=row.state or (REFUSED if row.job_id is None else ERASED),
            job_id=row.job_id,
            sku=row.sku,
            external_id=row.external_id,
            error_code=row.error_code if row.state in _WITHOUT_RESULT else None,
            error_detail=row.error_detail,
            problem=row.problem,
            results=delivered.get(row.job_id, ()),
        )
        for row in found
    ]


def _in_state(state: str) -> ColumnElement[bool]:
    if state == REFUSED:
        return BatchLine.job_id.is_(None)
    if state == ERASED:
        return and_(BatchLine.job_id.is_not(None), Job.id.is_(None))
    return Job.state == state


def _delivered(session: Session, tenant: str, job_ids: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    mine = (beside(Result.tenant, tenant), Result.job_id.in_(job_ids))
    rows = select(Result.job_id, Result.id).where(*mine).order_by(Result.job_id, Result.ordinal)
    for job_id, result_id in session.execute(rows):
        found.setdefault(job_id, []).append(result_id)
    return found
