"""A training run from its pictures to weights with a card; goes on where it was killed."""

import json
import logging
import math
import time
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from models import weights
from models.data.augmentation import augmented
from models.data.image_set import ImageSet, Part
from models.evaluation.memory import PeakMemory
from models.training import checkpoint, distilling, ending, starting, together
from models.training.batches import (
    Batch,
    Moment,
    batch_of,
    image_size_for,
    least_side_for,
    order,
    pictures_a_step,
    prepared,
    steps_of,
)
from models.training.cards import card_of, name_of_run
from models.training.config import TrainConfig
from models.training.distilling import Original
from models.training.grid import grid
from models.training.journal import Journal
from models.training.starting import Start
from models.training.trainer import Trainer, trainer_for
from models.training.validate import Quality, quality
from models.training.watch import Epoch, Trained, TrainingError, Watch

MIN_IMAGES = 8
CHECKPOINT_EVERY_S = 60.0

log = logging.getLogger(__name__)


def train(
    config: TrainConfig,
    images: ImageSet,
    *,
    folder: Path,
    device: torch.device,
    watch: Watch,
    start: Start | None = None,
    original: Original | None = None,
) -> Trained:
    """Train, resuming from `folder` if it holds this very run; writes weights and card there.

    With `start` it begins with the weights of a version, which are measured before the first step;
    with `original` it learns what that answers.

    A run that is asked to stop saves its checkpoint and returns at once, without weights; so do, of
    several processes (`together.joined`), all but the first, which alone writes there.
    """
    run = _opened(config, images, folder, device, watch, start, original)
    journal = checkpoint.load(folder, run.trainer, run=run.name)
    if start is not None and not journal.step:
        journal.start = json.loads(together.told_by_first(partial(_before, run)))
    if not _all_epochs(run, journal):
        return Trained(folder, tuple(journal.epochs), written=None)
    ending.refuse_missed(run.config, journal.epochs)
    if not together.is_first():
        return Trained(folder, tuple(journal.epochs), written=None)
    return _written(run, images, journal)


def closed(
    config: TrainConfig,
    images: ImageSet,
    *,
    folder: Path,
    device: torch.device,
    start: Start | None = None,
) -> Trained:
    """Weights and card of a run that was stopped: the best there was; the card tells its steps."""
    run = _opened(config, images, folder, device, Watch(), start)
    return _written(run, images, checkpoint.load(folder, run.trainer, run=run.name))


def _opened(
    config: TrainConfig,
    images: ImageSet,
    folder: Path,
    device: torch.device,
    watch: Watch,
    start: Start | None = None,
    original: Original | None = None,
) -> "Run":
    learning, held_out = images.split()
    config = config if start is None else starting.adapted(config, start)
    _refuse_too_small(config, learning)
    folder.mkdir(parents=True, exist_ok=True)
    size = image_size_for(config, images)
    trainer = trainer_for(config, images, device, theirs=starting.theirs(config, start))
    if start is not None:
        starting.begin(trainer, start, images.categories)
    if original is not None:
        distilling.follow(trainer, original)
    return Run(
        config=config,
        trainer=trainer,
        learning=prepared(learning, config, size),
        held_out=prepared(held_out, config, size),
        folder=folder,
        device=device,
        watch=watch,
        name=name_of_run(config, images, *(one for one in (start, original) if one)),
        start=start,
        original=original,
    )


def _written(run: "Run", images: ImageSet, journal: Journal) -> Trained:
    checkpoint.load_best(run.folder, run.trainer)
    with together.apart():
        run.trainer.finish(run.learning, run.held_out)
    card = card_of(run.config, images, run.trainer, journal, start=run.start, original=run.original)
    kept = weights.write(run.trainer.ema.module, run.folder, card)
    return Trained(run.folder, tuple(journal.epochs), written=kept)


def _refuse_too_small(config: TrainConfig, learning: Part) -> None:
    if len(learning) < MIN_IMAGES:
        sentence = f"{len(learning)} training pictures, at least {MIN_IMAGES} are needed"
        raise TrainingError("dataset_too_small", sentence)
    if pictures_a_step(config, len(learning)) < together.ranks():
        sentence = f"{together.ranks()} processes want a picture each of every batch"
        raise TrainingError("batch_too_small", sentence)
    least = least_side_for(config)
    if min(learning.images.shape[2:]) < least:
        sentence = f"the {config.network} learns from {least} pixels a side on"
        raise TrainingError("pictures_too_small", sentence)


@dataclass(frozen=True, slots=True)
class Run:
    """What stays the same from the first step to the last."""

    config: TrainConfig
    trainer: Trainer
    learning: Part
    held_out: Part
    folder: Path
    device: torch.device
    watch: Watch
    name: str
    start: Start | None = None
    original: Original | None = None

    @property
    def batch_size(self) -> int:
        """Pictures a step, of all its pieces."""
        return pictures_a_step(self.config, len(self.learning))

    @property
    def steps_per_epoch(self) -> int:
        return steps_of(self.config, len(self.learning))

    @property
    def total(self) -> int:
        return self.steps_per_epoch * self.config.epochs


def _all_epochs(run: Run, journal: Journal) -> bool:
    """False if somebody asked to stop before the end."""
    while ending.ended(run.config, journal.epochs) is None:
        memory = PeakMemory(run.device)
        if not _one_epoch(run, journal):
            _save(run, journal)
            return False
        told = together.told_by_first(partial(_measured, run, journal, memory))
        epoch = Epoch(**json.loads(told))
        journal.close(epoch)
        if _is_due(run.config, epoch.number):
            _keep_best(run, journal, epoch)
            _save(run, journal)
        _show(run)
        run.watch.on_epoch(epoch)
    return True


def _save(run: Run, journal: Journal) -> None:
    if together.is_first():
        checkpoint.save(run.folder, run.trainer, journal, run=run.name)


def _one_epoch(run: Run, journal: Journal) -> bool:
    """The rest of the epoch under way; False if it was stopped."""
    epoch, done = divmod(journal.step, run.steps_per_epoch)
    rows = order(len(run.learning), seed=run.config.seed, epoch=epoch)
    since = saved = time.monotonic()
    before = journal.seconds
    for index in range(done, run.steps_per_epoch):
        if together.is_wanted(by_me=run.watch.should_stop()):
            return False
        chosen = rows[index * run.batch_size : (index + 1) * run.batch_size]
        journal.add(_told(_step(run, journal.step, chosen), journal.step))
        journal.seconds = before + time.monotonic() - since
        run.watch.on_progress(journal.step, run.total)
        if time.monotonic() - saved > CHECKPOINT_EVERY_S:
            _save(run, journal)
            saved = time.monotonic()
    return True


def _step(run: Run, step: int, chosen: Tensor) -> dict[str, Tensor]:
    moment = Moment(run.config.seed, step, run.total, run.batch_size)
    batch = batch_of(run.learning, chosen, run.device)
    if run.config.augment:
        images = augmented(batch.images, run.config.augment, seed=moment.augment_seed)
        batch = Batch(images, batch.labels)
    return run.trainer.step(batch, moment)


def _told(losses: dict[str, Tensor], step: int) -> dict[str, float]:
    """In one message: a GPU waits for each."""
    values = torch.stack([loss.detach().double() for loss in losses.values()]).tolist()
    told = dict(zip(losses, values, strict=True))
    for name, loss in told.items():
        if not math.isfinite(loss):
            raise TrainingError(
                "loss_not_finite", f"the {name} loss left all bounds at step {step}"
            )
    return told


def _show(run: Run) -> None:
    if run.watch.on_grid is None or not together.is_first():
        return
    drawn = grid(run.trainer, run.learning, run.held_out, run.device)
    if drawn is not None:
        run.watch.on_grid(drawn)


def _before(run: Run) -> str:
    """How good the run's network is before the first step, as JSON."""
    found = quality(run.trainer, run.learning, run.held_out, run.device)
    return json.dumps(ending.named(found.psnr_db, found.ssim, found.scores))


def _measured(run: Run, journal: Journal, memory: PeakMemory) -> str:
    """The epoch that has just been learnt, as JSON; what it took, without its measuring."""
    since, peak_mb = time.monotonic(), memory.mb()
    due = _is_due(run.config, len(journal.epochs) + 1)
    measured = quality(run.trainer, run.learning, run.held_out, run.device) if due else Quality()
    epoch = _epoch(run, journal, measured, time.monotonic() - since, peak_mb)
    log.info("epoch done", extra={"epoch": epoch.number, "run": run.name})
    return json.dumps(asdict(epoch))


def _is_due(config: TrainConfig, number: int) -> bool:
    return number % config.measured_every == 0 or number == config.epochs


def _epoch(
    run: Run, journal: Journal, measured: Quality, seconds: float, peak_mb: float | None
) -> Epoch:
    images = run.steps_per_epoch * run.batch_size
    rate = next(iter(run.trainer.optimizers.values())).param_groups[0]["lr"]
    return Epoch(
        number=len(journal.epochs) + 1,
        losses=journal.means(),
        val_psnr_db=measured.psnr_db,
        val_ssim=measured.ssim,
        learning_rate=rate,
        seconds=round(journal.seconds + seconds, 3),
        images_per_s=round(images / max(journal.seconds, 1e-6), 1),
        identical=measured.identical,
        scores=measured.scores,
        peak_memory_mb=None if peak_mb is None else round(peak_mb, 1),
    )


def _keep_best(run: Run, journal: Journal, epoch: Epoch) -> None:
    """A network without a score is best when it is last, and one with a target when it is there."""
    score, is_wanted = epoch.decisive, ending.is_reached(run.config, epoch)
    if score is None or journal.best is None or score >= journal.best or is_wanted:
        journal.best = score
        if together.is_first():
            checkpoint.save_best(run.folder, run.trainer)
