"""Every question we ask of what was measured of versions; each tenant sees its own."""

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from db import clock
from db.ids import new_id
from db.tables.promotions import Evaluation


def add(session: Session, found: Evaluation) -> Evaluation:
    """Keep what an evaluation found, as of now."""
    found.id, found.created_at = new_id(), clock.now()
    session.add(found)
    session.flush()
    session.refresh(found)
    return found


def newest(session: Session, tenant: str, version_id: str) -> Evaluation | None:
    """The last one of a version: what it is judged by."""
    return session.scalars(_of(tenant, version_id).limit(1)).first()


def of(session: Session, tenant: str, version_id: str) -> Sequence[Evaluation]:
    """All of a version, newest first."""
    return session.scalars(_of(tenant, version_id)).all()


def _of(tenant: str, version_id: str) -> Select[Evaluation]:
    mine = (Evaluation.tenant == tenant, Evaluation.version_id == version_id)
    newest_first = (Evaluation.created_at.desc(), Evaluation.id.desc())
    return select(Evaluation).where(*mine).order_by(*newest_first)
