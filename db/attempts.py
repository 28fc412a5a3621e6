"""One row per try at a job: who, when, and how it ended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import Insert, Update, bindparam, insert, select, update
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
    """A try at each of these, from when they were claimed."""
    by = {"worker": worker, "device": device}
    rows = [
        {"job_id": job.id, "lease_token": job.lease_token, "started_at": job.started_at, **by}
        for job in jobs
    ]
    if rows:
        # By the connection: many at a time, and none in the session to bring up to date.
        session.connection().execute(_begin(), rows)


def end(session: Session, endings: Iterable[Ending]) -> None:
    """These tries are over."""
    rows = [
        {"of_job": one.job_id, "token": one.token, "how": one.outcome, "why": one.error}
        for one in endings
    ]
    if rows:
        session.connection().execute(_end(), rows)


@cache
def _begin() -> Insert:
    return insert(Attempt)


@cache
def _end() -> Update:
    """Kept, because to build it takes longer than to run it."""
    this = (Attempt.job_id == bindparam("of_job"), Attempt.lease_token == bindparam("token"))
    return (
        update(Attempt)
        .where(*this, Attempt.ended_at.is_(None))
        .values(ended_at=clock.now(), outcome=bindparam("how"), error=bindparam("why"))
    )


def of(session: Session, job_id: str) -> Sequence[Attempt]:
    """A job's tries, first to last."""
    tries = select(Attempt).where(Attempt.job_id == job_id).order_by(Attempt.lease_token)
    return session.scalars(tries).all()


def outcome(session: Session, job_id: str, token: int) -> str | None:
    """How one try ended; None while it is open."""
    this = (Attempt.job_id == job_id, Attempt.lease_token == token)
    return session.scalar(select(Attempt.outcome).where(*this))
