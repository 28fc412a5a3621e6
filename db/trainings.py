"""Jobs that learn or measure: their newest first, and how their epochs went."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from db import paging
from db.steering import by_the_first
from db.tables.jobs import Job
from db.tables.versions import Epoch, Version

OPS: Final = ("train", "tune", "compress", "evaluate")


@dataclass(frozen=True, slots=True)
class Course:
    """How far a training is.

    Attributes:
        epochs: how many have ended.
        best: the one whose weights are kept: of the highest score, or without a score the last.
        made: the version that came out.
    """

    epochs: int = 0
    best: Epoch | None = None
    last: Epoch | None = None
    made: Version | None = None


def page(
    session: Session,
    tenant: str,
    *,
    limit: int,
    after: tuple[datetime, str] | None = None,
    op: str | None = None,
    state: str | None = None,
) -> Sequence[Job]:
    """Newest first, at most `limit`, older than the (created_at, id) of `after`."""
    found: list[Job] = []
    for one in OPS if op is None else (op,):
        # An index knows each operation's newest; that of several is put together here.
        wanted = [Job.tenant == tenant, *by_the_first(((Job.op, one),))]
        if state is not None:
            wanted.append(Job.state == state)
        by = (Job.created_at, Job.id)
        found += paging.newest(session, select(Job).where(*wanted), by, limit=limit, after=after)
    return sorted(found, key=lambda job: (job.created_at, job.id), reverse=True)[:limit]


def find(session: Session, tenant: str, job_id: str) -> Job | None:
    mine = (Job.tenant == tenant, Job.id == job_id, Job.op.in_(OPS))
    return session.scalars(select(Job).where(*mine)).one_or_none()


def courses(session: Session, job_ids: Collection[str]) -> Mapping[str, Course]:
    """How far each of these is."""
    scored: dict[str, dict[int, float]] = defaultdict(dict)
    columns = (Epoch.job_id, Epoch.number, Epoch.val_psnr_db, Epoch.scores)
    in_order = (Epoch.job_id, Epoch.number)
    rows = select(*columns).where(Epoch.job_id.in_(job_ids)).order_by(*in_order)
    for job_id, number, psnr_db, scores in session.execute(rows):
        score = next(iter((scores or {}).values()), psnr_db)
        scored[job_id][number] = float("-inf") if score is None else score
    # Of two that are as good the later one is kept, as the training does.
    kept = {job: max(ends, key=lambda n: (ends[n], n)) for job, ends in scored.items()}
    told = {(job, number) for job, ends in scored.items() for number in (kept[job], max(ends))}
    key = tuple_(Epoch.job_id, Epoch.number)
    whole = {(e.job_id, e.number): e for e in session.scalars(select(Epoch).where(key.in_(told)))}
    versions = select(Version).where(Version.job_id.in_(job_ids))
    made = {version.job_id: version for version in session.scalars(versions)}
    return {
        job: Course(
            epochs=len(ends := scored.get(job, {})),
            best=whole.get((job, kept.get(job, 0))),
            last=whole.get((job, max(ends, default=0))),
            made=made.get(job),
        )
        for job in job_ids
    }


def epochs(session: Session, job_id: str, *, after: int = 0, limit: int) -> Sequence[Epoch]:
    """Those behind a number, in their order."""
    behind = (Epoch.job_id == job_id, Epoch.number > after)
    rows = select(Epoch).where(*behind).order_by(Epoch.number).limit(limit)
    return session.scalars(rows).all()
