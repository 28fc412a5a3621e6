"""One step of the classifier: moved and partly hidden pictures, cross-entropy with soft labels.

Pictures of which it is only guessed what they are are turned, too, and hidden twice as often.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.optimizer import Optimizer

from models.data.augmentation import Augment, augmented
from models.data.erasing import CHANCE, erased
from models.data.image_set import Part
from models.data.shifts import shifted
from models.losses.distillation import softened
from models.metrics.accuracy import accuracy, balanced_accuracy
from models.networks.classifier import ClassifierConfig, ProductClassifier
from models.precision import autocast
from models.training.batches import Batch, Moment, batch_of
from models.training.config import TrainConfig
from models.training.descent import Descent
from models.training.ema import Ema
from models.training.pieces import pieces, whole
from models.training.temperature import temperature_for

SHIFT_PX = 2
TURNED = Augment(rotate_deg=10)
PIECE = 512


def varied(batch: Batch, moment: Moment) -> Tensor:
    """The pictures as a step sees them, [N, C, H, W] in [0, 1].

    Those whose label [K] leaves a doubt are guessed: from noisier pictures there is more to learn
    than from those that the guess was made of (Xie et al. 2020).
    """
    chance = moment.generator()
    if batch.labels.ndim == 1:
        return erased(shifted(batch.images, chance, most=SHIFT_PX), chance)
    guessed = batch.labels.max(1).values < 1
    turned = augmented(batch.images, TURNED, seed=moment.guess_seed)
    images = torch.where(guessed[:, None, None, None], turned, batch.images)
    hidden = torch.where(guessed.cpu(), 2 * CHANCE, CHANCE)
    return erased(shifted(images, chance, most=SHIFT_PX), chance, chance=hidden)


class ClassifierTrainer:
    """Nesterov's momentum under one cycle, if not told otherwise; then the temperature."""

    def __init__(
        self, config: TrainConfig, network: ClassifierConfig, device: torch.device
    ) -> None:
        self.config = config
        self.device = device
        classifier = ProductClassifier(network).to(device)
        self.classifier = classifier.to(memory_format=torch.channels_last)
        self.ema = Ema(self.classifier, half_life_images=config.ema_images)
        self.networks: dict[str, nn.Module] = {"classifier": self.classifier}
        self.classifier.drop.p = config.dropout
        self.descent = Descent(self.classifier, config)
        self.optimizers: dict[str, Optimizer] = {"classifier": self.descent.optimizer}
        self.original: nn.Module | None = None

    def step(self, batch: Batch, moment: Moment) -> dict[str, Tensor]:
        images, told = varied(batch, moment), []
        self.descent.begin(moment)
        for piece in pieces(len(batch), parts=self.config.accumulate):
            with moment.dropping(f"{piece.rows.start}", dropout=self.config.dropout):
                loss = self._loss(images[piece.rows], batch.labels[piece.rows])
            self.descent.add(loss, piece)
            told.append((piece, {"cross_entropy": loss.detach()}))
        self.descent.end()
        self.ema.update(self.classifier, batch=len(batch), images_seen=moment.images_seen)
        return whole(told)

    def restored(self, batch: Batch) -> tuple[Tensor, Tensor] | None:
        """Nothing: it reads pictures and makes none."""
        del batch
        return None

    def scores(self, learning: Part, held_out: Part) -> dict[str, float]:
        """How often it is right; none where there is nothing to be right about."""
        del learning
        if not len(held_out):
            return {}
        logits, labels = self._answers(held_out)
        return {
            "accuracy": accuracy(logits, labels),
            "balanced_accuracy": balanced_accuracy(logits, labels),
        }

    def finish(self, learning: Part, held_out: Part) -> None:
        """The temperature, on pictures it did not learn from: of the others it is too sure."""
        del learning
        if not len(held_out):
            return
        temperature = temperature_for(*self._answers(held_out))
        for network in (self.classifier, cast(ProductClassifier, self.ema.module)):
            network.temperature.fill_(temperature)

    @torch.no_grad()
    def _answers(self, part: Part) -> tuple[Tensor, Tensor]:
        """Logits [N, K] and labels [N] of a whole part."""
        logits = []
        for rows in torch.split(torch.arange(len(part)), PIECE):
            with autocast(self.device, self.config.precision):
                logits.append(self.ema.module(batch_of(part, rows, self.device).images))
        return torch.cat(logits), part.labels.to(self.device)

    def _loss(self, images: Tensor, labels: Tensor) -> Tensor:
        with autocast(self.device, self.config.precision):
            logits = self.classifier(images)
            if self.original is not None:
                with torch.no_grad():
                    wanted = self.original(images)
                return softened(logits, wanted)
        return functional.cross_entropy(logits, labels, label_smoothing=self.config.smoothing)
