"""Pictures that a job came upon while it ran: noted, so that an erasure finds what shows them."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from db import pictures
from db.portable import insert_once
from db.tables.jobs import JobInput


def note(session: Session, tenant: str, job_id: str, named: Mapping[str, str]) -> set[str]:
    """That a job uses these pictures, by role, beside those that its order names.

    Whoever erases one of them later stops the job, or takes what came of it along.

    Returns:
        The ids that are there no longer; if there are any, nothing was noted.
    """
    found = pictures.resolve_many(session, tenant, named.values(), hold=True)
    if gone := set(named.values()) - found.keys():
        return gone
    for role, picture_id in named.items():
        row = {"job_id": job_id, "role": role, "picture_id": picture_id}
        session.execute(insert_once(session, JobInput, row))
    return set()
