"""The sample grids of epochs: bytes that go with their job, and with pictures that they show."""

import json
from collections.abc import Collection

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from db import blobs, datasets
from db.datasets import DatasetNotFound
from db.tables.jobs import Job
from db.tables.versions import Dataset, Epoch


def find(session: Session, tenant: str, job_id: str, number: int) -> str | None:
    """The key of an epoch's grid."""
    of_epoch = (Epoch.tenant == tenant, Epoch.job_id == job_id, Epoch.number == number)
    return session.scalar(select(Epoch.grid_key).where(*of_epoch))


def may_be_kept(session: Session, dataset: Dataset) -> bool:
    """Whether nothing was erased from a dataset since this row of it was read.

    A run that began before learns on with what it has, but shows it no more.
    """
    # Locked: an erasure comes before this and is seen, or after it and sees the grid.
    now = select(Dataset.erased).where(Dataset.id == dataset.id).with_for_update(read=True)
    return session.scalar(now) == dataset.erased


def hold(session: Session, tenant: str, job_id: str, number: int, key: str | None) -> None:
    """Before an epoch is written: its grid stays, and one that it had before may go."""
    before = find(session, tenant, job_id, number)
    if before is not None and before != key:
        blobs.let_go(session, tenant, [before])
    if key is not None:
        blobs.hold(session, tenant, [key])


def forget(session: Session, tenant: str, dataset_ids: Collection[str]) -> set[str]:
    """Take the grids from all trainings on these datasets; the keys that they had."""
    has_grids = exists().where(Epoch.job_id == Job.id, Epoch.grid_key.is_not(None))
    trained = select(Job).where(Job.tenant == tenant, Job.op == "train", has_grids)
    which = [job.id for job in session.scalars(trained) if _learnt(session, job) in dataset_ids]
    of_these = (Epoch.job_id.in_(which), Epoch.grid_key.is_not(None))
    keys = {key for key in session.scalars(select(Epoch.grid_key).where(*of_these)) if key}
    gone = update(Epoch).where(*of_these).values(grid_key=None)
    session.execute(gone, execution_options={"synchronize_session": False})
    return keys


def _learnt(session: Session, job: Job) -> str | None:
    """The id of the dataset that a job learnt from."""
    name = json.loads(job.request)["operation"]["dataset"]
    try:
        return datasets.find(session, job.tenant, name, as_of=job.created_at).id
    except DatasetNotFound:
        return None
