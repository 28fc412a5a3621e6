"""One row per try at a job: who, when, and how it ended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from db import clock
from db.tables.jobs import Attempt, Job


@dataclass(frozen=True, slots=True)
class Ending:
    """How one try ended."""

    job_id: str
    token: int
    outcome: str
    error: str | None


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


def end(session: Session, endings: Iterable[Ending]) -> None:
    """These tries are over."""
    rows = [
        {"of_job": one.job_id, "token": one.token, "how": one.outcome, "why": one.error}
        for one in endings
    ]
    if not rows:
        return
    this = (Attempt.job_id == bindparam("of_job"), Attempt.lease_token == bindparam("token"))
    statement = (
        update(Attempt)
        .where(*this, Attempt.ended_at.is_(None))
        .values(ended_at=clock.now(), outcome=bindparam("how"), error=bindparam("why"))
    )
    # By the connection: many at a time, and no row in the session to bring up to date.
    session.connection().execute(statement, rows)


def of(session: Session, job_id: str) -> Sequence[Attempt]:
    """A job's tries, first to last."""
    tries = select(Attempt).where(Attempt.job_id == job_id).order_by(Attempt.lease_token)
    return session.scalars(tries).all()


def outcome(session: Session, job_id: str, token: int) -> str | None:
    """How one try ended; None while it is open."""
    this = (Attempt.job_id == job_id, Attempt.lease_token == token)
    return session.scalar(select(Attempt.outcome).where(*this))
