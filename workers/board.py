"""A training's epochs for TensorBoard, beside the rows: an option, as is the package it needs."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from torch import Tensor

from models.training.watch import Epoch
from workers import settings

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


class Board(Protocol):
    def grid(self, drawn: Tensor) -> None:
        """What the network made after the epoch that is told next."""

    def epoch(self, epoch: Epoch) -> None: ...


def of_job(job_id: str) -> Board:
    """A run of its own for each job; nothing is written unless a folder is set."""
    folder = settings.get().tensorboard_folder
    return Written(Path(folder) / job_id) if folder else Unwritten()


class Unwritten:
    """Nobody asked for it."""

    def grid(self, drawn: Tensor) -> None:
        del drawn

    def epoch(self, epoch: Epoch) -> None:
        del epoch


@dataclass(slots=True)
class Written:
    """Losses, scores and pictures by epoch, as event files in this folder."""

    folder: Path
    _grid: Tensor | None = field(default=None, init=False)
    _writer: "SummaryWriter | None" = field(default=None, init=False)

    def grid(self, drawn: Tensor) -> None:
        self._grid = drawn

    def epoch(self, epoch: Epoch) -> None:
        """On disk when this returns."""
        writer = self._opened()
        for name, number in _numbers(epoch).items():
            writer.add_scalar(name, number, epoch.number)
        if self._grid is not None:
            writer.add_image("grid", self._grid[0], epoch.number)
            self._grid = None
        writer.flush()

    def _opened(self) -> "SummaryWriter":
        if self._writer is None:
            from torch.utils.tensorboard import SummaryWriter  # an extra

            self._writer = SummaryWriter(str(self.folder))
        return self._writer


def _numbers(epoch: Epoch) -> dict[str, float]:
    """By the names that TensorBoard groups: loss/…, validation/…, run/…."""
    named = {f"loss/{name}": loss for name, loss in epoch.losses.items()}
    scores = {"psnr_db": epoch.val_psnr_db, "ssim": epoch.val_ssim, **epoch.scores}
    told = {
        **{f"validation/{name}": score for name, score in scores.items()},
        "run/learning_rate": epoch.learning_rate,
        "run/seconds": epoch.seconds,
        "run/images_per_s": epoch.images_per_s,
        "run/peak_memory_mb": epoch.peak_memory_mb,
    }
    return named | {name: number for name, number in told.items() if number is not None}
