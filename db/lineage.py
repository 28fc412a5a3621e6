"""What was made of a picture, generation by generation: jobs that used it, and their results."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.tables.jobs import Job, JobInput
from db.tables.results import Result

MOST: Final = 200
"""Ids that are told; of more, those that were found first."""


def of(session: Session, tenant: str, picture_id: str) -> list[str]:
    """The id itself, then of all jobs that used it and of all that they made."""
    found = {picture_id: None}  # in order
    born: Collection[str] = [picture_id]
    while born and len(found) < MOST:
        jobs = _jobs(session, tenant, born)
        made = [one for one in _results(session, jobs) if one not in found]
        found |= dict.fromkeys([*jobs, *made])
        born = made
    return list(found)[:MOST]


def _jobs(session: Session, tenant: str, ids: Collection[str]) -> list[str]:
    used = select(Job.id).join(JobInput, JobInput.job_id == Job.id)
    mine = used.where(Job.tenant == tenant, JobInput.picture_id.in_(list(ids)))
    return list(session.scalars(mine.order_by(Job.id).distinct().limit(MOST)))


def _results(session: Session, jobs: Collection[str]) -> list[str]:
    made = select(Result.id).where(Result.job_id.in_(list(jobs))).order_by(Result.id).limit(MOST)
    return list(session.scalars(made))
