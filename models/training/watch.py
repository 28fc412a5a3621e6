"""What a run tells whoever watches it, and how they stop it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor

from models.weights import Card


class TrainingError(RuntimeError):
    """The run cannot go on. `code` is for machines, the sentence for people."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over the training pictures.

    Attributes:
        number: from 1.
        losses: means over the epoch; gan: generator, discriminator, r1; vae: reconstruction (the
            decoder's), kl (the encoder's), both in nats a picture; denoiser, upscaler: l1;
            translator: critic, translator, l1; inpainter: critic, inpainter, l1;
            matte: coarse, fine; warp: way, grid, picture, uneven; classifier: cross_entropy.
        val_psnr_db: mean over validation reconstructions; None where there is no reference.
        val_ssim: the same of SSIM.
        learning_rate: of the last step.
        seconds: on the clock, validation included.
        images_per_s: training pictures seen a second.
        identical: reconstructions equal to their reference, left out of the mean PSNR.
        peak_memory_mb: of its training; on a CPU of the whole process, None where nobody counts.
        scores: by name, what a picture's PSNR does not say; where there are any, the first decides.
    """

    number: int
    losses: dict[str, float]
    val_psnr_db: float | None
    val_ssim: float | None
    learning_rate: float
    seconds: float
    images_per_s: float
    identical: int = 0
    scores: dict[str, float] = field(default_factory=dict)
    peak_memory_mb: float | None = None

    @property
    def decisive(self) -> float | None:
        """The higher, the better: the epoch with the highest is kept."""
        return next(iter(self.scores.values()), self.val_psnr_db)


@dataclass(frozen=True, slots=True)
class Watch:
    """Called from the training loop; each may be left out.

    Attributes:
        on_grid: what the network makes after an epoch, [1, C, H, W] in [0, 1], before `on_epoch`;
            it is made only for who asks.
    """

    on_epoch: Callable[[Epoch], None] = field(default=lambda _epoch: None)
    on_progress: Callable[[int, int], None] = field(default=lambda _done, _total: None)
    on_grid: Callable[[Tensor], None] | None = None
    should_stop: Callable[[], bool] = field(default=lambda: False)


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of it.

    Attributes:
        folder: holds the checkpoint; model.safetensors and card.json once the run is done.
        epochs: those completed.
        written: the card beside the weights; None of a run that was stopped.
    """

    folder: Path
    epochs: tuple[Epoch, ...]
    written: Card | None

    @property
    def stopped(self) -> bool:
        return self.written is None

    @property
    def card(self) -> Card:
        """Of a run that is done; ValueError of one that was stopped."""
        if self.written is None:
            raise ValueError("a run that was stopped has no card yet")
        return self.written
