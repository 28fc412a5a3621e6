"""All that happened to a picture: how it came, the jobs that used it, what they made, every act.

What is done all day is not on record; it has rows of its own, which tell here who asked for them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, Text, cast, select
from sqlalchemy.orm import Session, defer

from db import acts, lineage, origin, paging
from db.paging import After
from db.tables.audit import Audit
from db.tables.feedback import Feedback
from db.tables.jobs import Job, JobInput
from db.tables.pictures import Picture
from db.tables.results import Result
from db.tables.versions import Dataset

NAMED: Final = 3
"""Pictures of a job that are named; of more, how many."""
_NO_KEY: Final[Mapping[str | None, str]] = {
    origin.MESSAGE: " by a message",
    origin.OURSELVES: " by Packshot itself",
    None: "; nobody noted then by whom",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What a row says of itself, beside the acts of the record.

    Attributes:
        what: in words; also who it was, where that is no key.
    """

    id: str
    created_at: datetime
    tenant: str
    resource: str
    what: str
    key_id: str | None = None
    request_id: str | None = None
    verb: None = None
    route: None = None
    outcome: str = "done"
    status: None = None

    @property
    def actor_tenant(self) -> str:
        """Nobody places or sends anything in another's name."""
        return self.tenant


def page(
    session: Session, tenant: str, picture_id: str, *, limit: int, after: After | None = None
) -> Sequence[Audit | Told]:
    """What was done to a picture or result and to all that came of it, newest first."""
    ids = [*_maker(session, tenant, picture_id), *lineage.of(session, tenant, picture_id)]

    def newest(table: Any, rows: Select[Any]) -> Sequence[Any]:
        by = (table.created_at, table.id)
        mine = rows.where(table.tenant == tenant)
        return paging.newest(session, mine, by, limit=limit, after=after)

    jobs = newest(Job, select(Job).where(Job.id.in_(ids)))
    batches = session.scalars(select(Job.batch_id).where(Job.id.in_(ids)).distinct())
    to = [*ids, *(one for one in batches if one)]
    on_record = acts.page(session, tenant, limit=limit, after=after, to=to)
    told: list[Audit | Told] = [
        *on_record,
        *_jobs(session, jobs),
        *map(_picture, newest(Picture, select(Picture).where(Picture.id.in_(ids)))),
        *map(_result, newest(Result, select(Result).where(Result.id.in_(ids)))),
        *map(_rating, newest(Feedback, select(Feedback).where(Feedback.result_id.in_(ids)))),
        *map(_dataset, newest(Dataset, _holding(picture_id))),
    ]
    return sorted(told, key=lambda one: (one.created_at, one.id), reverse=True)[:limit]


def _maker(session: Session, tenant: str, result_id: str) -> Iterable[str]:
    """The job that made a result."""
    mine = (Result.tenant == tenant, Result.id == result_id)
    return session.scalars(select(Result.job_id).where(*mine))


def _holding(picture_id: str) -> Select[Any]:
    """Datasets that name it."""
    named = cast(Dataset.manifest, Text).contains(picture_id, autoescape=True)
    return select(Dataset).where(named).options(defer(Dataset.manifest), defer(Dataset.left_out))


def _jobs(session: Session, jobs: Sequence[Job]) -> Iterator[Told]:
    given: dict[str, list[str]] = {}
    inputs = select(JobInput.job_id, JobInput.picture_id).order_by(JobInput.role)
    for job_id, picture_id in session.execute(
        inputs.where(JobInput.job_id.in_([job.id for job in jobs]))
    ):
        given.setdefault(job_id, []).append(picture_id)
    for job in jobs:
        again = " again" if job.retry_of else ""
        batch = f" in batch {job.batch_id}" if job.batch_id else ""
        what = f"{job.op}{_of(given.get(job.id, []))} placed{again}{batch}"
        yield _told(job, "jobs", what, request_id=job.request_id)


def _of(pictures: Sequence[str]) -> str:
    if not pictures:
        return ""
    more = len(pictures) - NAMED
    return f" of {', '.join(pictures[:NAMED])}" + (f" and {more} more" if more > 0 else "")


def _picture(row: Picture) -> Told:
    return _told(row, "pictures", "taken in")


def _dataset(row: Dataset) -> Told:
    return _told(row, "datasets", f"put into dataset {row.name}@{row.version}")


def _result(row: Result) -> Told:
    what = f"made by job {row.job_id}: {row.op}"
    return Told(row.id, row.created_at, row.tenant, f"/v1/results/{row.id}", what)


def _rating(row: Feedback) -> Told:
    by = "" if row.rater == row.id else f" by {row.rater}"
    what = f"rated {row.rating}{by}"
    return Told(row.id, row.created_at, row.tenant, f"/v1/results/{row.result_id}", what)


def _told(
    row: Job | Picture | Dataset, kind: str, what: str, *, request_id: str | None = None
) -> Told:
    no_key = _NO_KEY.get(row.made_by)
    return Told(
        row.id,
        row.created_at,
        row.tenant,
        f"/v1/{kind}/{row.id}",
        what + (no_key or ""),
        key_id=None if no_key else row.made_by,
        request_id=request_id,
    )
