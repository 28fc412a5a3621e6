"""Erasure: a picture, job or result goes with everything that was made from it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from db import (
    attempts,
    blobs,
    clock,
    embeddings,
    fence,
    grids,
    labels,
    left_out,
    outbox,
    removal,
    revisions,
    tastes,
)
from db.attempts import Ending
from db.portable import in_parts, insert
from db.tables.batches import Batch
from db.tables.erasures import Erasure
from db.tables.jobs import FAILED, QUEUED, RUNNING, Job, JobInput
from db.tables.pictures import Picture
from db.tables.results import Result
from db.tables.versions import Dataset, Version

CODE = "source_erased"
"""How a job ends whose picture was erased before it was done."""

_OPEN = (QUEUED, RUNNING)


class NotThere(LookupError):
    """This tenant has nothing of this id."""


class StillOpen(ValueError):
    """A job that is not over cannot be erased, only cancelled."""


class InDataset(ValueError):
    """A dataset holds it, and nobody said that it should leave it."""


@dataclass(slots=True)
class Erased:
    """What has gone: the ids, and the bytes that may go now (`collector.collect(only=…)`).

    Attributes:
        versions: labels of those that learnt from a dataset which held one of them; they stay.
    """

    ids: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    versions: set[str] = field(default_factory=set)


def erase_picture(
    session: Session, tenant: str, picture_id: str, *, from_datasets: bool = False
) -> Erased:
    """A picture that was taken in, the jobs that used it, and what came of them.

    Raises:
        NotThere: there is no such picture.
        InDataset: it is named in a dataset; with `from_datasets` it is taken out of it.
    """
    mine = (Picture.tenant == tenant, Picture.id == picture_id)
    picture = session.scalars(select(Picture).where(*mine).with_for_update()).one_or_none()
    if picture is None:
        raise NotThere("no picture has this id")
    erased = Erased({picture_id}, {picture.sha256})
    _erase(session, tenant, erased, from_datasets=from_datasets)
    embeddings.forget(session, [picture_id])
    tastes.forget(session, [picture_id])
    labels.forget(session, [picture_id])
    session.execute(delete(Picture).where(*mine))
    return erased


def erase_result(
    session: Session, tenant: str, result_id: str, *, from_datasets: bool = False
) -> Erased:
    """One delivered picture and what was made from it; its job stays.

    Raises:
        NotThere: there is no such result.
        InDataset: as of pictures.
    """
    mine = (Result.tenant == tenant, Result.id == result_id)
    job_id = session.scalar(select(Result.job_id).where(*mine).with_for_update())
    if job_id is None:
        raise NotThere("no result has this id")
    revisions.one_more(session, [job_id])
    erased = Erased({result_id})
    _erase(session, tenant, erased, from_datasets=from_datasets)
    return erased


def erase_job(session: Session, tenant: str, job_id: str, *, from_datasets: bool = False) -> Erased:
    """A job that is over, its results, and what was made from them; the pictures it used stay.

    Raises:
        NotThere: there is no such job.
        StillOpen: it is not over, or the batch it belongs to is not.
        InDataset: as of pictures, for one of its results.
    """
    mine = (Job.tenant == tenant, Job.id == job_id)
    job = session.scalars(select(Job).where(*mine).with_for_update()).one_or_none()
    if job is None:
        raise NotThere("no job has this id")
    if job.state in _OPEN:
        raise StillOpen(f"the job is {job.state}; cancel it first")
    if _of_open_batches(session, [job_id]):
        raise StillOpen("the job's batch is not over; erase it then")
    erased = Erased(_made_by(session, [job_id]))
    _erase(session, tenant, erased, from_datasets=from_datasets, jobs={job_id})
    return erased


def was_erased(session: Session, tenant: str, row_id: str) -> bool:
    """Whether the tenant had something of this id, and had it erased."""
    return session.get(Erasure, (tenant, row_id)) is not None


def _erase(
    session: Session,
    tenant: str,
    erased: Erased,
    *,
    from_datasets: bool,
    jobs: Collection[str] = (),
) -> None:
    """Everything that came of these ids, generation by generation, and these jobs themselves.

    On PostgreSQL each step sees what was committed before it, so the order matters: first no job
    can end any more, then we ask what those that did end have made.
    """
    over = set(jobs)
    born = set(erased.ids)
    while born:
        used = _jobs_that_used(session, tenant, born)
        stopped = _stop(session, used)
        over |= used - stopped
        born = _made_by(session, used) - erased.ids
        erased.ids |= born
    for some in in_parts(erased.ids):
        _note(erased, tenant, removal.remove_results(session, Result.id.in_(some)))
    # Behind the locks: a dataset that is being registered with one of them is seen now.
    left = _leave_datasets(session, tenant, erased.ids, allowed=from_datasets)
    erased.keys |= grids.forget(session, tenant, left)
    erased.versions |= _learnt_from(session, tenant, left)
    # Their batch has yet to count them: their rows go with it, without what they found out.
    counted = _of_open_batches(session, over)
    for some in in_parts(counted):
        session.execute(update(Job).where(Job.id.in_(some)).values(report=None))
        _note(erased, tenant, removal.remove_stages(session, some))
    for some in in_parts(over - counted):
        _note(erased, tenant, removal.remove_jobs(session, some))
    erased.ids |= over - counted
    blobs.let_go(session, tenant, erased.keys, is_erased=True)
    _remember(session, tenant, erased.ids)


def _jobs_that_used(session: Session, tenant: str, ids: Collection[str]) -> set[str]:
    found: set[str] = set()
    for some in in_parts(ids):
        used = select(Job.id).join(JobInput, JobInput.job_id == Job.id)
        found.update(
            session.scalars(used.where(Job.tenant == tenant, JobInput.picture_id.in_(some)))
        )
    return found


def _stop(session: Session, job_ids: Collection[str]) -> set[str]:
    """Queued or running → failed `source_erased`; their rows stay, so that who waits is told.

    The token moves on: a worker that is at one of them has lost its lease and can write nothing.
    """
    stopped: list[Job] = []
    for some in in_parts(job_ids):
        which = (Job.id.in_(some), Job.state.in_(_OPEN))
        statement = (
            update(Job)
            .where(Job.id.in_(fence.in_order(*which)), Job.state.in_(_OPEN))
            .values(fence.over(FAILED, code=CODE, detail="a picture that it works on was erased"))
            .values(lease_token=Job.lease_token + 1)
        )
        stopped += fence.changed(session, statement)
    attempts.end(session, [Ending(job.id, job.lease_token - 1, "erased", CODE) for job in stopped])
    outbox.tell(session, stopped)
    return {job.id for job in stopped}


def _made_by(session: Session, job_ids: Collection[str]) -> set[str]:
    """The results of these jobs, locked: whoever is making a job of one now is waited for."""
    found: set[str] = set()
    for some in in_parts(job_ids):
        made = select(Result.id).where(Result.job_id.in_(some)).order_by(Result.id)
        found.update(session.scalars(made.with_for_update()))
    return found


def _leave_datasets(session: Session, tenant: str, ids: set[str], *, allowed: bool) -> set[str]:
    """What was learned from a picture stays in versions; the datasets forget it: these."""
    changed: set[str] = set()
    mine = select(Dataset).where(Dataset.tenant == tenant).order_by(Dataset.name, Dataset.version)
    for dataset in session.scalars(mine.with_for_update()):
        left = [entry for entry in dataset.manifest if entry["picture"] not in ids]
        gone = len(dataset.manifest) - len(left)
        if gone and not allowed:
            raise InDataset(f"the dataset {dataset.name!r} holds {gone} of these pictures")
        if gone:
            changed.add(dataset.id)
            dataset.manifest, dataset.pictures = left, len(left)
            dataset.erased = (dataset.erased or 0) + gone
        if dataset.left_out is not None:
            dataset.left_out = left_out.forget(dataset.left_out, ids)
    session.flush()
    return changed


def _learnt_from(session: Session, tenant: str, datasets: Collection[str]) -> set[str]:
    """The labels of versions that these datasets taught."""
    taught = (Version.tenant == tenant, Version.dataset_id.in_(sorted(datasets)))
    return set(session.scalars(select(Version.label).where(*taught)))


def _of_open_batches(session: Session, job_ids: Collection[str]) -> set[str]:
    found: set[str] = set()
    for some in in_parts(job_ids):
        is_open = (Job.id.in_(some), Batch.finished_at.is_(None))
        found.update(
            session.scalars(select(Job.id).join(Batch, Batch.id == Job.batch_id).where(*is_open))
        )
    return found


def _note(erased: Erased, tenant: str, keys: Mapping[str, set[str]]) -> None:
    erased.keys |= keys.get(tenant, set())


def _remember(session: Session, tenant: str, ids: Collection[str]) -> None:
    # Rows beside the statement: to compile thousands into it takes longer than a server waits.
    once = insert(session, Erasure).values(erased_at=clock.now()).on_conflict_do_nothing()
    session.execute(once, [{"tenant": tenant, "id": one} for one in sorted(ids)])
