"""A training in its child: dataset → run → evaluation → version, in one commit."""

import dataclasses
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
import torch
from sqlalchemy.orm import Session
from torch import Tensor

from db import blobs, datasets, grids, transitions
from db.engine import reading, transaction
from db.fence import Lease
from db.operations.training import Train
from db.tables.jobs import Job
from db.tables.versions import Dataset
from models import images, labels
from models.failures import CannotDo
from models.labels import SourceKind
from models.training import pseudo_labels, run
from models.training.config import TrainConfig
from models.training.watch import Epoch, Trained, TrainingError, Watch
from models.weights import MODEL_FILE, Card
from workers import board, candidacy, evaluating, ground, ranks
from workers.board import Board
from workers.candidacy import Candidate
from workers.evaluating import Measured
from workers.ground import Ground
from workers.recipes import config_of
from workers.starting import start_of
from workers.training import folder_of

TELL_EVERY_S = 1.0
SHOWS: Final[Mapping[str, SourceKind]] = {
    "denoiser": "enhanced",
    "deblocker": "enhanced",
    "deblurrer": "enhanced",
    "upscaler": "enhanced",
    "matte": "composite",
    "warp": "enhanced",
    "style": "enhanced",
    "inpainter": "enhanced",
}
"""What a grid's label says of it; others' are generated."""

_log = structlog.get_logger(__name__)


def do(job: Job, operation: Train, lease: Lease) -> bool:
    """Dataset → run → evaluation → version; False if it was asked to stop before its end."""
    with ranks.joined(ground.device_of(lease)) as own:
        on = _ground(job, operation, lease, own)
        trained = _trained(job, operation, lease, on)
    if trained.stopped:
        if trained.epochs and _is_cancelled(job):
            _keep_best(job, operation, lease, on)
        return False
    found = measured(job, operation, trained, on)
    candidacy.commit(job, lease, candidate(operation, trained, found, on))
    return True


def follow(job: Job, operation: Train, lease: Lease) -> None:
    """The same run in a process that is not its first: it tells nobody and writes nothing."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it stops when the first one says so
    with ranks.joined(ground.device_of(lease)) as own:
        on = _ground(job, operation, lease, own)
        _run(job, operation, on, Watch())


def _ground(job: Job, operation: Train, lease: Lease, own: torch.device) -> Ground:
    size, network, source = operation.image_size, operation.network, operation.source or "edges"
    return ranks.in_turn(
        lambda: ground.find(
            job, operation, lease, own=own, network=network, image_size=size, source=source
        )
    )


def measured(job: Job, operation: Train, trained: Trained, on: Ground) -> Measured | str:
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
    told_on = board.of_job(job.id)
    epochs = operation.epochs * (1 if operation.pseudo_threshold is None else 2)
    reporter = Reporter(job, lease, operation.network, epochs, on.dataset, told_on)
    return _run(job, operation, on, reporter.watch(grids=True))


def _is_cancelled(job: Job) -> bool:
    with reading() as session:
        return session.get_one(Job, job.id).cancel_requested_at is not None


def _keep_best(job: Job, operation: Train, lease: Lease, on: Ground) -> None:
    """What a cancelled training had come to is a candidate, too, which nobody has measured.

    Nothing is kept of what had come to nothing yet, as a generator that draws the same each time.
    """
    try:
        best = _closed(job, operation, on)
    except TrainingError as error:
        _log.warning("nothing was kept", job_id=job.id, code=error.code)
        return
    candidacy.keep(job, lease, candidate(operation, best, "the training was cancelled", on))


def _config(job: Job, operation: Train, on: Ground) -> TrainConfig:
    colours = min(3, on.images.images.shape[1])  # how far a cut-out covers is none
    return config_of(operation, job.seed, channels=colours)


def _run(job: Job, operation: Train, on: Ground, watch: Watch) -> Trained:
    config, folder = _config(job, operation, on), folder_of(job.id)
    if operation.labelled_share is not None:
        return pseudo_labels.train(config, on.images, folder=folder, device=on.device, watch=watch)
    start = start_of(job, operation)
    return run.train(config, on.images, folder=folder, device=on.device, watch=watch, start=start)


def _closed(job: Job, operation: Train, on: Ground) -> Trained:
    config, folder = _config(job, operation, on), folder_of(job.id)
    if operation.labelled_share is not None:
        return pseudo_labels.closed(config, on.images, folder=folder, device=on.device)
    start = start_of(job, operation)
    return run.closed(config, on.images, folder=folder, device=on.device, start=start)


@dataclass(slots=True)
class Reporter:
    """Writes epochs and progress as rows, and hears when to stop."""

    job: Job
    lease: Lease
    network: str
    epochs: int
    dataset: Dataset
    board: Board
    grid_key: str | None = None
    asked_to_stop: bool = False
    told_at: float = field(default_factory=time.monotonic)

    def watch(self, *, grids: bool = False) -> Watch:
        """For a run of this process, which from now on hears SIGTERM as a wish to stop."""
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "asked_to_stop", True))
        return Watch(
            on_epoch=self.epoch,
            on_progress=self.progress,
            on_grid=self.grid if grids else None,
            should_stop=lambda: self.asked_to_stop,
        )

    def grid(self, drawn: Tensor) -> None:
        """Kept at once; the epoch that is told next names it."""
        kind = SHOWS.get(self.network, "generated")
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

        self.asked_to_stop |= not candidacy.waiting(write)
        self.board.epoch(epoch)

    def _record(self, session: Session, number: int, values: dict[str, Any]) -> None:
        key = self.grid_key if grids.may_be_kept(session, self.dataset) else None
        grids.hold(session, self.job.tenant, self.job.id, number, key)
        datasets.record_epoch(session, self.job.id, number, values | {"grid_key": key})

    def progress(self, done: int, total: int) -> None:
        if time.monotonic() - self.told_at < TELL_EVERY_S:
            return
        self.told_at = time.monotonic()
        progress = {"step": done, "total": total, "epochs": self.epochs}

        def write() -> bool:
            with transaction() as session:
                return transitions.report_progress(session, self.lease, progress)

        self.asked_to_stop |= not candidacy.waiting(write)


def candidate(operation: Train, trained: Trained, found: Measured | str, on: Ground) -> Candidate:
    """What came of a training, and how good it is; or why that was not measured."""
    epochs = trained.epochs
    last = epochs[-1] if epochs else None
    report = {
        "epochs": len(epochs),
        "ended": trained.card.recipe["ended"],
        "val_psnr_db": None if last is None else last.val_psnr_db,
        "val_ssim": None if last is None else last.val_ssim,
        **_began(trained.card),
        **_guessed(trained.card),
    }
    return Candidate(
        name=operation.label or f"{operation.network}-{on.dataset.name}",
        network=operation.network,
        weights=(trained.folder / MODEL_FILE).read_bytes(),
        card=trained.card,
        found=found,
        dataset=on.dataset,
        report=report,
    )


def _began(card: Card) -> dict[str, Any]:
    """With which version it began, and how good that was on the same held-out pictures."""
    names = (name for name in card.recipe if name.startswith("start_"))
    return {name: card.recipe[name] for name in names}


def _guessed(card: Card) -> dict[str, Any]:
    """How good few labels were alone and with guesses of the rest, on the same pictures."""
    names = ("accuracy_labelled", "accuracy", "pseudo_labels", "pseudo_right")
    return {name: card.scores[name] for name in names if "pseudo_labels" in card.scores}
