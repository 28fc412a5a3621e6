"""A job is told with its epochs and results: who changes those has changed the job."""

from collections.abc import Collection

from sqlalchemy import update
from sqlalchemy.orm import Session

from db.tables.jobs import Job


def one_more(session: Session, job_ids: Collection[str]) -> None:
    """What callers have of these jobs is no longer all there is: another ETag, another event."""
    told = update(Job).where(Job.id.in_(job_ids)).values(revision=Job.revision + 1)
    session.execute(told, execution_options={"synchronize_session": False})
