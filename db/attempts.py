"""One row per try at a job: who, when, and how it ended."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db import clock
from db.tables.jobs import Attempt, Job


def begin(session: Session, jobs: Iterable[Job], *, worker: str, device: str) -> None:
    session.add_all(
        Attempt(
            job_id=job.id,
            lease_token=job.lease_token,
            worker=worker,
            device=device,
            started_at=job.started_at,
        )
        for job in jobs
    )
    session.flush()


def end(
    session: Session, job_id: str, token: int, *, outcome: str, error: str | None = None
) -> None:
    session.execute(
        update(Attempt)
        .where(Attempt.job_id == job_id, Attempt.lease_token == token)
        .values(ended_at=clock.now(), outcome=outcome, error=error)
    )


def of(session: Session, job_id: str) -> Sequence[Attempt]:
    """A job's tries, first to last."""
    tries = select(Attempt).where(Attempt.job_id == job_id).order_by(Attempt.lease_token)
    return session.scalars(tries).all()
