"""Every question we ask of results."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from db.tables.results import Result


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
    """Write a job's results; call it only where the fence held, in the same transaction."""
    session.add_all(rows)
    session.flush()


def find(session: Session, tenant: str, result_id: str) -> Result | None:
    mine = (Result.tenant == tenant, Result.id == result_id)
    return session.scalars(select(Result).where(*mine)).one_or_none()


def of_jobs(session: Session, tenant: str, job_ids: Iterable[str]) -> Sequence[Result]:
    """All results of these jobs, in the order each job delivered them."""
    mine = (Result.tenant == tenant, Result.job_id.in_(list(job_ids)))
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
    equal = ("job_id", "op", "sku", "channel", "visibility")
    least = ("psnr_db", "ssim", "product_psnr_db")
    conditions: list[Any] = [
        Result.tenant == tenant,
        *(
            getattr(Result, name) == value
            for name in equal
            if (value := getattr(wanted, name)) is not None
        ),
        *(
            getattr(Result, name) >= value
            for name in least
            if (value := getattr(wanted, f"min_{name}")) is not None
        ),
    ]
    if after is not None:
        conditions.append(tuple_(Result.created_at, Result.id) < after)
    newest_first = (Result.created_at.desc(), Result.id.desc())
    return session.scalars(
        select(Result).where(*conditions).order_by(*newest_first).limit(limit)
    ).all()
