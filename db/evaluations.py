"""Every question we ask of what was measured of versions."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import clock
from db.ids import new_id
from db.tables.promotions import Evaluation


def add(session: Session, *, tenant: str, version_id: str, **measured: Any) -> Evaluation:
    """Keep what an evaluation found."""
    row = Evaluation(
        id=new_id(), tenant=tenant, version_id=version_id, created_at=clock.now(), **measured
    )
    session.add(row)
    session.flush()
    session.refresh(row)
    return row


def newest(session: Session, version_id: str) -> Evaluation | None:
    """The last one of a version: what it is judged by."""
    return session.scalars(_of(version_id).limit(1)).first()


def of(session: Session, version_id: str) -> Sequence[Evaluation]:
    """All of a version, newest first."""
    return session.scalars(_of(version_id)).all()


def _of(version_id: str) -> Any:
    mine = select(Evaluation).where(Evaluation.version_id == version_id)
    return mine.order_by(Evaluation.created_at.desc(), Evaluation.id.desc())
