"""Pictures and results that a version has no vector of, so that somebody may ask it for them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, exists, func, select, union_all
from sqlalchemy.orm import Session

from db.tables.embeddings import Embedding
from db.tables.jobs import AS_QUEUED, Job, JobInput
from db.tables.pictures import Picture
from db.tables.results import Result

_PUBLISHED: Final = "published"
_EMBEDS: Final = "embed"
_Table = type[Picture] | type[Result]
_More = Callable[[_Table], list[ColumnElement[bool]]]


def of(
    session: Session, tenant: str, version_id: str, *, limit: int, after: str = ""
) -> Sequence[str]:
    """Ids behind one, in their order; of results the published ones, and nothing quarantined."""
    return _ids(session, tenant, version_id, limit, lambda table: [table.id > after])


def arrived(
    session: Session, tenant: str, version_id: str, *, since: datetime, limit: int
) -> Sequence[str]:
    """The same of what came since a time and was never embedded, nor asked to be."""

    def new(table: _Table) -> list[ColumnElement[bool]]:
        asked = exists().where(
            JobInput.picture_id == table.id,
            Job.id == JobInput.job_id,
            Job.op == _EMBEDS,
            Job.created_at >= since,
        )
        return [table.created_at >= since, ~asked]

    return _ids(session, tenant, version_id, limit, new)


def waiting(session: Session, tenant: str) -> int:
    """How many jobs that embed are queued."""
    mine = (Job.tenant == tenant, Job.op == _EMBEDS, Job.state == AS_QUEUED)
    return session.scalar(select(func.count()).select_from(Job).where(*mine)) or 0


def tenants(session: Session, *, since: datetime) -> Sequence[str]:
    """To whom anything came since then."""
    some = (select(table.tenant).where(table.created_at >= since) for table in (Picture, Result))
    return sorted(set(session.scalars(union_all(*some))))


def _ids(session: Session, tenant: str, version_id: str, limit: int, more: _More) -> Sequence[str]:
    found: list[str] = []
    for table in (Picture, Result):
        seen = exists().where(
            Embedding.tenant == tenant,
            Embedding.picture_id == table.id,
            Embedding.space.endswith(f":{version_id}", autoescape=True),
        )
        wanted = select(table.id).where(table.tenant == tenant, ~seen, *more(table))
        shown = Result.visibility == _PUBLISHED if table is Result else Picture.quarantine.is_(None)
        wanted = wanted.where(shown)
        found += session.scalars(wanted.order_by(table.id).limit(limit))
    return sorted(found)[:limit]
