"""Every question we ask of results."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, inspect, select, text
from sqlalchemy.orm import Session
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from db import blobs, clock, paging
from db.ids import is_id
from db.steering import beside, by_the_first
from db.tables.results import KEYS, UNPUBLISHED, Result

_DEFAULTS: Final[dict[str, Any]] = {
    column.key: column.default.arg
    if isinstance(column.default, ScalarElementColumnDefault)
    else None
    for column in inspect(Result).columns
    if column.key != "created_at"
}


class ResultNotFound(LookupError):
    """No result of this tenant has the id."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which results a caller asks for; None leaves a question open."""

    job_id: str | None = None
    op: str | None = None
    sku: str | None = None
    channel: str | None = None
    visibility: str | None = "published"
    min_psnr_db: float | None = None
    min_ssim: float | None = None
    min_product_psnr_db: float | None = None


def add(session: Session, rows: Iterable[Result]) -> None:
    """Write jobs' results; call it only where the fence held, in the same transaction.

    Raises:
        Vanished: bytes that they name were erased meanwhile; nothing may be committed.
    """
    added = list(rows)
    for tenant in sorted({row.tenant for row in added}):
        blobs.hold(session, tenant, keys(row for row in added if row.tenant == tenant))
    # Values, not the objects: an INSERT that is rolled back would leave them without their time,
    # and a commit must be safe to repeat.
    if added:
        statement = insert(Result).values(created_at=clock.now())
        session.execute(statement, [_values(row) for row in added])


def _values(row: Result) -> dict[str, Any]:
    """What a row that is in no session yet would be written with, but for its time."""
    given = row.__dict__
    return {name: given.get(name, default) for name, default in _DEFAULTS.items()}


def keys(rows: Iterable[Result]) -> set[str]:
    """The keys of all bytes that these rows name."""
    return {key for row in rows for name in KEYS if (key := getattr(row, name)) is not None}


def find(session: Session, tenant: str, result_id: str) -> Result | None:
    mine = (Result.tenant == tenant, Result.id == result_id)
    return session.scalars(select(Result).where(*mine)).one_or_none()


def hold(session: Session, tenant: str, result_ids: Collection[str]) -> set[str]:
    """Those of these that the tenant has; none of them goes while the transaction lasts."""
    asked = sorted(one for one in result_ids if is_id(one))
    if not asked:
        return set()
    mine = (Result.id.in_(asked), beside(Result.tenant, tenant))
    there = select(Result.id).where(*mine).order_by(Result.id)
    return set(session.scalars(there.with_for_update(read=True, key_share=True)))


def of_bytes(session: Session, tenant: str, sha256: str) -> Result | None:
    """The first result that was delivered as exactly these bytes."""
    mine = (beside(Result.tenant, tenant), Result.blob_key == sha256)
    first = select(Result).where(*mine).order_by(Result.created_at, Result.id).limit(1)
    return session.scalars(first).one_or_none()


def beginning_with(session: Session, tenant: str, prefix: str, *, most: int) -> Sequence[Result]:
    """Results whose ids begin so, the first first."""
    mine = (beside(Result.tenant, tenant), Result.id.startswith(prefix, autoescape=True))
    return session.scalars(select(Result).where(*mine).order_by(Result.id).limit(most)).all()


def of_jobs(session: Session, tenant: str, job_ids: Iterable[str]) -> Sequence[Result]:
    """All results of these jobs, in the order each job delivered them."""
    mine = (beside(Result.tenant, tenant), Result.job_id.in_(list(job_ids)))
    in_order = (Result.job_id, Result.ordinal)
    return session.scalars(select(Result).where(*mine).order_by(*in_order)).all()


def page(
    session: Session,
    tenant: str,
    wanted: Wanted,
    *,
    limit: int,
    after: tuple[datetime, str] | None = None,
) -> Sequence[Result]:
    """Newest first, at most `limit`, older than the (created_at, id) of `after`."""
    conditions: list[Any] = [
        *_looked_up(tenant, wanted),
        *(
            getattr(Result, name) >= value
            for name in ("psnr_db", "ssim", "product_psnr_db")
            if (value := getattr(wanted, f"min_{name}")) is not None
        ),
    ]
    if wanted.channel is not None:
        conditions.append(Result.channel == wanted.channel)
    by = (Result.created_at, Result.id)
    return paging.newest(session, select(Result).where(*conditions), by, limit=limit, after=after)


def _looked_up(tenant: str, wanted: Wanted) -> list[Any]:
    """Whose and which, by the index that finds the fewest rows."""
    job_id, sku, visibility = wanted.job_id, wanted.sku, wanted.visibility
    mine = Result.tenant == tenant if job_id is None else beside(Result.tenant, tenant)
    seldom = None if visibility == "published" else visibility  # nearly all results are
    few = (
        (Result.job_id, job_id),
        (Result.sku, sku),
        (Result.visibility, seldom),
        (Result.op, wanted.op),
    )
    conditions: list[Any] = [mine, *by_the_first(few)]
    if visibility == "published":
        conditions.append(Result.visibility == visibility)
    elif visibility is not None and job_id is None and sku is None:
        conditions.append(text(f"result.{UNPUBLISHED}"))  # what the partial index says of itself
    return conditions
