"""The child of a training job: `python -m workers.run JOB OWNER TOKEN PARENT`.

It commits its own outcome, and ends with its parent.
"""

import dataclasses
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import structlog
import torch
from sqlalchemy.exc import IntegrityError

from db import blobs, datasets, transitions, versions
from db.engine import reading, transaction
from db.fence import Lease
from db.operations.order import Order
from db.operations.training import Train
from db.tables.jobs import SUCCEEDED, Attempt, Job
from db.transitions import Outcome
from models.data.augmentation import Augment
from models.training import run
from models.training.config import RECIPES, TrainConfig
from models.training.watch import Epoch, Trained, Watch
from models.weights import MODEL_FILE
from workers import device, settings, tether
from workers.failures import LeaseLost, judge
from workers.lessons import read
from workers.patience import Written, patiently
from workers.training import EXIT_STOPPED, EXIT_WRITTEN, folder_of, forget

TELL_EVERY_S = 1.0
MOST_FOR_A_NAME = 10

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Reporter:
    """Writes epochs and progress as rows, and hears when to stop."""

    lease: Lease
    epochs: int
    asked_to_stop: bool = False
    told_at: float = field(default_factory=time.monotonic)

    def epoch(self, epoch: Epoch) -> None:
        values = dataclasses.asdict(epoch)
        number = values.pop("number")

        def write() -> bool:
            with transaction() as session:
                held = transitions.is_held(session, self.lease)
                if held:
                    datasets.record_epoch(session, self.lease.job_id, number, values)
            return held

        self.asked_to_stop |= not _patiently(write)

    def progress(self, done: int, total: int) -> None:
        if time.monotonic() - self.told_at < TELL_EVERY_S:
            return
        self.told_at = time.monotonic()
        progress = {"step": done, "total": total, "epochs": self.epochs}

        def write() -> bool:
            with transaction() as session:
                return transitions.report_progress(session, self.lease, progress)

        self.asked_to_stop |= not _patiently(write)


def main(job_id: str, owner: str, token: int) -> int:
    lease = Lease(job_id, owner, token)
    with reading() as session:
        job = session.get_one(Job, job_id)
    operation = Order.model_validate_json(job.request).operation
    if not isinstance(operation, Train):
        raise TypeError(f"job {job_id} is no training job")
    try:
        trained = _train(job, operation, lease)
        if trained.stopped:
            return EXIT_STOPPED
        _commit(job, operation, lease, trained)
    except Exception as error:  # noqa: BLE001 — every outcome is a transition in the table
        _put_down(lease, error)
    else:
        forget(job_id)
    return EXIT_WRITTEN


def _put_down(lease: Lease, error: Exception) -> None:
    judgement = judge(error)
    _log.warning("a training run failed", job=lease.job_id, code=judgement.code, exc_info=error)

    def write() -> None:
        with transaction() as session:
            if judgement.permanent:
                transitions.fail(session, lease, code=judgement.code, detail=judgement.detail)
            elif judgement.is_ours:
                transitions.release(session, lease)
            else:
                transitions.retry(session, lease, code=judgement.code, detail=judgement.detail)

    _patiently(write)
    if judgement.permanent:
        forget(lease.job_id)


def _train(job: Job, operation: Train, lease: Lease) -> Trained:
    with reading() as session:
        dataset = datasets.to_train_on(
            session,
            job.tenant,
            operation.dataset,
            network=operation.network,
            as_of=job.created_at,  # the next attempt learns from the very same pictures
        )
        # Our worker's, which holds its lock file: to look for a free one would find another.
        own = torch.device(session.get_one(Attempt, (job.id, lease.token)).device)
    device.pin(own, memory_share=settings.get().memory_share)
    images = read(dataset, image_size=operation.image_size, most=operation.max_images)
    reporter = Reporter(lease, operation.epochs)
    signal.signal(signal.SIGTERM, lambda *_: setattr(reporter, "asked_to_stop", True))
    watch = Watch(
        on_epoch=reporter.epoch,
        on_progress=reporter.progress,
        should_stop=lambda: reporter.asked_to_stop,
    )
    return run.train(
        _config(operation, job.seed, channels=images.images.shape[1]),
        images,
        folder=folder_of(job.id),
        device=own,
        watch=watch,
    )


def _config(operation: Train, seed: int, *, channels: int) -> TrainConfig:
    recipe = RECIPES[operation.network]
    return dataclasses.replace(
        recipe,
        epochs=operation.epochs,
        batch_size=operation.batch_size,
        learning_rate=operation.learning_rate or recipe.learning_rate,
        seed=seed,
        image_size=operation.image_size,
        channels=channels,
        beta=operation.beta,
        r1_gamma=operation.r1_gamma,
        augment=Augment(**operation.augment.model_dump()),
    )


def _commit(job: Job, operation: Train, lease: Lease, trained: Trained) -> None:
    """The version and the job's success are one transaction, or nothing."""
    key = blobs.put(job.tenant, (trained.folder / MODEL_FILE).read_bytes())
    for _ in range(MOST_FOR_A_NAME):
        with suppress(IntegrityError):  # another run took the version's number at the same moment
            _patiently(lambda: _write(job, operation, lease, trained, key))
            return
    raise RuntimeError(f"{MOST_FOR_A_NAME} other runs took the number of this version")


def _write(job: Job, operation: Train, lease: Lease, trained: Trained, key: str) -> None:
    last = trained.epochs[-1] if trained.epochs else None
    with transaction() as session:
        if transitions.has_ended_so(session, Outcome(lease, SUCCEEDED)):
            return  # the answer to this commit was lost, the commit was not
        if not transitions.is_held(session, lease):
            _log.warning("a late version was refused", job=job.id, token=lease.token)
            return
        blobs.hold(session, job.tenant, [key])
        dataset = datasets.find(session, job.tenant, operation.dataset, as_of=job.created_at)
        version = versions.add(
            session,
            tenant=job.tenant,
            name=operation.label or f"{operation.network}-{dataset.name}",
            network=operation.network,
            state="candidate",
            weights_key=key,
            card=trained.card.to_json(),
            dataset_id=dataset.id,
            job_id=job.id,
        )
        report = {
            "version": version.label,
            "version_id": version.id,
            "epochs": len(trained.epochs),
            "val_psnr_db": None if last is None else last.val_psnr_db,
            "val_ssim": None if last is None else last.val_ssim,
        }
        if not transitions.succeed(session, lease, report=report):
            raise LeaseLost(job.id)  # rolls the version back: on PostgreSQL a sweep may slip in


def _patiently(write: Callable[[], Written]) -> Written:
    """As long as the parent's lease would hold: hours of training wait for a database."""
    return patiently(write, patience_s=settings.get().lease_s)


if __name__ == "__main__":
    # When its worker is killed: nobody trains for nobody.
    tether.end_with(int(sys.argv[4]), signal.SIGKILL)
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
