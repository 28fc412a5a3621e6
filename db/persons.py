"""Pictures of persons, told by how they were used: they teach only by consent, and go soon.

A person's picture is what somebody tried a garment on, what came of that, and whatever was made
from either.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from typing import Final

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from db import clock, erasure
from db.erasure import NotThere
from db.portable import in_parts
from db.tables.jobs import Job, JobInput
from db.tables.pictures import Picture
from db.tables.results import Result

OP: Final = "try_on"
ROLE: Final = "picture"
"""Of the operation, the picture that shows the person; the other shows a garment."""
MOST: Final = 100

_DAY_S: Final = 24 * 3600.0
_GENERATIONS: Final = 32


def among(session: Session, tenant: str, ids: Iterable[str]) -> set[str]:
    """Which of these pictures and results show a person, themselves or by what they come from."""
    asked = set(ids)
    # Of each id that is looked at, whose sake it is for.
    sake = {one: {one} for one in asked}
    found: set[str] = set()
    for _ in range(_GENERATIONS):
        if not sake:
            break
        for one in _shown(session, tenant, sake):
            found |= sake[one]
        older: dict[str, set[str]] = {}
        for child, parent in _made_from(session, tenant, sake):
            older.setdefault(parent, set()).update(sake[child] - found)
        sake = {one: those for one, those in older.items() if those}
    return found & asked


def prune(session: Session, *, days: float, most: int = MOST) -> int:
    """Erase persons' pictures that nothing was tried on for so long, with all that came of them."""
    long_ago = clock.seconds_from_now(-days * _DAY_S)
    used = (
        select(Job.tenant, JobInput.picture_id)
        .join(JobInput, JobInput.job_id == Job.id)
        # By tenant, for whom there is an index.
        .where(Job.tenant.in_(list(_tenants(session))), Job.op == OP)
        .where(JobInput.role == ROLE, _is_there())
        .group_by(Job.tenant, JobInput.picture_id)
        .having(func.max(func.coalesce(Job.finished_at, clock.now())) < long_ago)
        .order_by(JobInput.picture_id)
        .limit(most)
    )
    old = session.execute(used).all()
    for tenant, picture_id in old:
        is_result = session.get(Result, picture_id) is not None
        erase = erasure.erase_result if is_result else erasure.erase_picture
        with suppress(NotThere):  # it went with the one that it was made from
            erase(session, tenant, picture_id, from_datasets=True)
    return len(old)


def _tenants(session: Session) -> Iterator[str]:
    """Who has jobs, each by one look into an index."""
    last = ""
    while (
        found := session.scalar(select(func.min(Job.tenant)).where(Job.tenant > last))
    ) is not None:
        yield (last := found)


def keeps() -> ColumnElement[bool]:
    """A job that tells of a picture which is still there that it shows a person."""
    of_job = JobInput.job_id == Job.id
    return (Job.op == OP) & exists().where(of_job, JobInput.role == ROLE, _is_there())


def _is_there() -> ColumnElement[bool]:
    uploaded = exists().where(Picture.id == JobInput.picture_id)
    return uploaded | exists().where(Result.id == JobInput.picture_id)


def _shown(session: Session, tenant: str, ids: Collection[str]) -> set[str]:
    """Tried on, or what came of it; or that sent back to us as a picture."""
    found: set[str] = set()
    for some in in_parts(ids):
        worn = select(JobInput.picture_id).join(Job, Job.id == JobInput.job_id)
        tried = (Job.tenant == tenant, Job.op == OP, JobInput.role == ROLE)
        found.update(session.scalars(worn.where(*tried, JobInput.picture_id.in_(some))))
        mine = (Result.tenant == tenant, Result.op == OP)
        found.update(session.scalars(select(Result.id).where(*mine, Result.id.in_(some))))
        back = select(Picture.id).join(Result, Result.blob_key == Picture.sha256)
        found.update(
            session.scalars(back.where(*mine, Picture.tenant == tenant, Picture.id.in_(some)))
        )
    return found


def _made_from(session: Session, tenant: str, ids: Collection[str]) -> set[tuple[str, str]]:
    """Each result of these, with each picture that its job was given."""
    found: set[tuple[str, str]] = set()
    for some in in_parts(ids):
        given = select(Result.id, JobInput.picture_id).join(
            JobInput, JobInput.job_id == Result.job_id
        )
        rows = session.execute(given.where(Result.tenant == tenant, Result.id.in_(some)))
        found.update((row[0], row[1]) for row in rows)
    return found
