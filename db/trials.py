"""Every question we ask of the trials of a `tune` job."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import clock
from db.portable import upsert
from db.tables.trials import Trial


def record(session: Session, job_id: str, number: int, values: dict[str, Any]) -> None:
    """Write how far a trial is; a resumed run writes over the same number."""
    values = {**values, "changed_at": clock.now()}
    row = {"job_id": job_id, "number": number, **values}
    session.execute(upsert(session, Trial, row, update=tuple(values)))


def of(session: Session, job_id: str) -> Sequence[Trial]:
    """All of a job, the first one first."""
    return session.scalars(select(Trial).where(Trial.job_id == job_id).order_by(Trial.number)).all()
