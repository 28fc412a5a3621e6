"""A training in its child: dataset → run → evaluation → version, in one commit."""

import dataclasses
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

import structlog
import torch
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from torch import Tensor

from db import blobs, datasets, grids, transitions, versions
from db.engine import transaction
from db.fence import Lease
from db.operations.training import Train
from db.tables.jobs import SUCCEEDED, Job
from db.tables.versions import Dataset, Version
from db.transitions import Outcome
from models import images, labels
from models.failures import CannotDo
from models.labels import SourceKind
from models.training import run
from models.training.watch import Epoch, Trained, Watch
from models.weights import MODEL_FILE, Card
from workers import board, evaluating, ground, ranks, settings
from workers.board import Board
from workers.evaluating import Measured
from workers.failures import LeaseLost
from workers.ground import Ground
from workers.patience import Written, patiently
from workers.recipes import config_of
from workers.training import folder_of

TELL_EVERY_S = 1.0
SHOWS: Final[Mapping[str, SourceKind]] = {
    "denoiser": "enhanced",
    "upscaler": "enhanced",
    "matte": "composite",
}
"""What a grid's label says of it; others' are generated."""
MOST_FOR_A_NAME = 10

_log = structlog.get_logger(__name__)


def do(job: Job, operation: Train, lease: Lease) -> bool:
    """Dataset → run → evaluation → version; False if it was asked to stop before its end."""
    with ranks.joined(ground.device_of(lease)) as own:
        on = _ground(job, operation, lease, own)
        trained = _trained(job, operation, lease, on)
    if trained.stopped:
        return False
    found = _measured(job, operation, trained, on)
    _commit(job, operation, lease, Made(trained, found, on.dataset.id))
    return True


def follow(job: Job, operation: Train, lease: Lease) -> None:
    """The same run in a process that is not its first: it tells nobody and writes nothing."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it stops when the first one says so
    with ranks.joined(ground.device_of(lease)) as own:
        on = _ground(job, operation, lease, own)
        _run(job, operation, on, Watch())


def _ground(job: Job, operation: Train, lease: Lease, own: torch.device) -> Ground:
    size, network = operation.image_size, operation.network
    return ranks.in_turn(
        lambda: ground.find(job, operation, lease, own=own, network=network, image_size=size)
    )


def _measured(job: Job, operation: Train, trained: Trained, on: Ground) -> Measured | str:
    """How good it is; or why that cannot be measured, which is no failure of the training."""
    try:
        return evaluating.measured(
            job.tenant,
            evaluating.contender((trained.folder / MODEL_FILE).read_bytes(), trained.card),
            on.images,
            network=operation.network,
            version_id=None,
            device=on.device,
        )
    except CannotDo as error:
        _log.warning("a version was not measured", code=error.code, why=str(error))
        return str(error)


def _trained(job: Job, operation: Train, lease: Lease, on: Ground) -> Trained:
    reporter = Reporter(job, lease, operation, on.dataset, board.of_job(job.id))
    signal.signal(signal.SIGTERM, lambda *_: setattr(reporter, "asked_to_stop", True))
    watch = Watch(
        on_epoch=reporter.epoch,
        on_progress=reporter.progress,
        on_grid=reporter.grid,
        should_stop=lambda: reporter.asked_to_stop,
    )
    return _run(job, operation, on, watch)


def _run(job: Job, operation: Train, on: Ground, watch: Watch) -> Trained:
    colours = min(3, on.images.images.shape[1])  # how far a cut-out covers is none
    return run.train(
        config_of(operation, job.seed, channels=colours),
        on.images,
        folder=folder_of(job.id),
        device=on.device,
        watch=watch,
    )


@dataclass(slots=True)
class Reporter:
    """Writes epochs and progress as rows, and hears when to stop."""

    job: Job
    lease: Lease
    operation: Train
    dataset: Dataset
    board: Board
    grid_key: str | None = None
    asked_to_stop: bool = False
    told_at: float = field(default_factory=time.monotonic)

    def grid(self, drawn: Tensor) -> None:
        """Kept at once; the epoch that is told next names it."""
        kind = SHOWS.get(self.operation.network, "generated")
        bare = images.encode(drawn, format="png")
        data = labels.write(bare, format="png", source_kind=kind, job_id=self.job.id)
        self.grid_key = blobs.put(self.job.tenant, data)
        self.board.grid(drawn)

    def epoch(self, epoch: Epoch) -> None:
        values = dataclasses.asdict(epoch)
        number = values.pop("number")

        def write() -> bool:
            with transaction() as session:
                held = transitions.is_held(session, self.lease)
                if held:
                    self._record(session, number, values)
            return held

        self.asked_to_stop |= not _patiently(write)
        self.board.epoch(epoch)

    def _record(self, session: Session, number: int, values: dict[str, Any]) -> None:
        key = self.grid_key if grids.may_be_kept(session, self.dataset) else None
        grids.hold(session, self.job.tenant, self.job.id, number, key)
        datasets.record_epoch(session, self.job.id, number, values | {"grid_key": key})

    def progress(self, done: int, total: int) -> None:
        if time.monotonic() - self.told_at < TELL_EVERY_S:
            return
        self.told_at = time.monotonic()
        progress = {"step": done, "total": total, "epochs": self.operation.epochs}

        def write() -> bool:
            with transaction() as session:
                return transitions.report_progress(session, self.lease, progress)

        self.asked_to_stop |= not _patiently(write)


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a training: weights, and how good they are; or why that was not measured."""

    trained: Trained
    found: Measured | str
    dataset_id: str

    def card(self) -> Card:
        """With the scores of what was evaluated, beside the baseline's."""
        if isinstance(self.found, str):
            return self.trained.card
        findings = self.found.findings
        return replace(
            self.trained.card,
            scores={**self.trained.card.scores, **findings.scores},
            baseline={findings.measure: findings.over_baseline.other},
        )


def _commit(job: Job, operation: Train, lease: Lease, made: Made) -> None:
    """The version and the job's success are one transaction, or nothing."""
    key = blobs.put(job.tenant, (made.trained.folder / MODEL_FILE).read_bytes())
    for _ in range(MOST_FOR_A_NAME):
        with suppress(IntegrityError):  # another run took the version's number at the same moment
            _patiently(lambda: _write(job, operation, lease, made, key))
            return
    raise RuntimeError(f"{MOST_FOR_A_NAME} other runs took the number of this version")


def _write(job: Job, operation: Train, lease: Lease, made: Made, key: str) -> None:
    epochs = made.trained.epochs
    last = epochs[-1] if epochs else None
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
            card=made.card().to_json(),
            dataset_id=dataset.id,
            job_id=job.id,
        )
        report = {
            "version": version.label,
            "version_id": version.id,
            "epochs": len(epochs),
            "ended": made.trained.card.recipe["ended"],
            "val_psnr_db": None if last is None else last.val_psnr_db,
            "val_ssim": None if last is None else last.val_ssim,
            **_judged(session, job, version, made),
        }
        if not transitions.succeed(session, lease, report=report):
            raise LeaseLost(job.id)  # rolls the version back: on PostgreSQL a sweep may slip in


def _judged(session: Session, job: Job, version: Version, made: Made) -> dict[str, Any]:
    """The evaluation's row, and what the job reports of it."""
    if isinstance(made.found, str):
        return {"evaluation": None, "not_evaluated": made.found}
    evaluating.keep(session, job, version.id, made.found, dataset_id=made.dataset_id)
    return {"evaluation": made.found.told()}


def _patiently(write: Callable[[], Written]) -> Written:
    """As long as the parent's lease would hold: hours of training wait for a database."""
    return patiently(write, patience_s=settings.get().lease_s)
