"""What a job that learns or judges stands on: its pictures, and the device of its worker."""

import time
from dataclasses import dataclass, field

import torch
from sqlalchemy.orm import Session

from db import datasets, transitions
from db.engine import reading, transaction
from db.fence import Lease
from db.operations.compressing import Compress
from db.operations.training import Evaluate, Train
from db.operations.tuning import Tune
from db.tables.jobs import Attempt, Job
from db.tables.versions import Dataset
from models.data.image_set import ImageSet
from models.networks.translator import Source
from workers import device, settings
from workers.lessons import kind_for, read
from workers.patience import patiently

TELL_EVERY_S = 1.0
Learning = Train | Evaluate | Compress | Tune


@dataclass(frozen=True, slots=True)
class Ground:
    """Read once, at the start of the child."""

    dataset: Dataset
    images: ImageSet
    device: torch.device


def device_of(lease: Lease) -> torch.device:
    """Our worker's, which holds its lock file: to look for a free one would find another."""
    with reading() as session:
        return torch.device(session.get_one(Attempt, (lease.job_id, lease.token)).device)


def find(
    job: Job,
    operation: Learning,
    lease: Lease,
    *,
    own: torch.device,
    network: str,
    image_size: int,
    source: Source = "edges",
) -> Ground:
    """Pictures of a shop are read as the network wants them; those that ship are as they are.

    `source` is what a translator draws from.
    """
    with reading() as session:
        dataset = _dataset(session, job, operation, network)
    device.pin(own, memory_share=settings.get().memory_share)
    images = read(
        dataset,
        image_size=image_size,
        most=operation.max_images,
        kind=kind_for(network, source),
        on_progress=_Rendering(lease).tell,
    )
    return Ground(dataset, images, own)


@dataclass(slots=True)
class _Rendering:
    """Writes how much of a dataset is rendered, where that takes a while."""

    lease: Lease
    told_at: float = field(default_factory=time.monotonic)

    def tell(self, done: int, total: int) -> None:
        if time.monotonic() - self.told_at < TELL_EVERY_S:
            return
        self.told_at = time.monotonic()

        def write() -> None:
            with transaction() as session:
                progress = {"rendered": done, "models": total}
                transitions.report_progress(session, self.lease, progress)

        patiently(write, patience_s=settings.get().lease_s)


def _dataset(session: Session, job: Job, operation: Learning, network: str) -> Dataset:
    """As it was when the job was made: the next attempt learns from the very same pictures."""
    tenant, name, then = job.tenant, operation.dataset, job.created_at
    if isinstance(operation, Evaluate):
        return datasets.find(session, tenant, name, as_of=then)
    return datasets.to_train_on(session, tenant, name, network=network, as_of=then)
