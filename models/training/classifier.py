"""One step of the classifier: moved and partly hidden pictures, cross-entropy with soft labels."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import SGD
from torch.optim.optimizer import Optimizer

from models.data.erasing import erased
from models.data.image_set import Part
from models.data.shifts import shifted
from models.metrics.accuracy import accuracy, balanced_accuracy
from models.networks.classifier import ClassifierConfig, ProductClassifier
from models.precision import autocast
from models.training.batches import Batch, Moment, batch_of
from models.training.config import TrainConfig
from models.training.ema import Ema
from models.training.schedule import one_cycle, set_rate
from models.training.temperature import temperature_for

MOMENTUM = 0.9
WEIGHT_DECAY = 5e-4
SMOOTHING = 0.1
SHIFT_PX = 2
PIECE = 512


class ClassifierTrainer:
    """Nesterov's momentum under one cycle; the temperature is fitted at the end."""

    def __init__(
        self, config: TrainConfig, network: ClassifierConfig, device: torch.device
    ) -> None:
        self.config = config
        self.device = device
        classifier = ProductClassifier(network).to(device)
        self.classifier = classifier.to(memory_format=torch.channels_last)
        self.ema = Ema(self.classifier, half_life_images=config.ema_images)
        self.networks: dict[str, nn.Module] = {"classifier": self.classifier}
        self.optimizers: dict[str, Optimizer] = {
            "classifier": SGD(
                _groups(self.classifier), lr=config.learning_rate, momentum=MOMENTUM, nesterov=True
            )
        }

    def step(self, batch: Batch, moment: Moment) -> dict[str, Tensor]:
        rate = self.config.learning_rate * one_cycle(moment.progress)
        set_rate(self.optimizers["classifier"], rate)
        chance = moment.generator()
        images = erased(shifted(batch.images, chance, most=SHIFT_PX), chance)
        with autocast(self.device, self.config.precision):
            logits = self.classifier(images)
        loss = functional.cross_entropy(logits, batch.labels, label_smoothing=SMOOTHING)
        self._descend(loss)
        self.ema.update(self.classifier, batch=len(images), images_seen=moment.images_seen)
        return {"cross_entropy": loss.detach()}

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

    def _descend(self, loss: Tensor) -> None:
        self.optimizers["classifier"].zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self.optimizers["classifier"].step()


def _groups(network: nn.Module) -> list[dict[str, object]]:
    """Weights decay; gains and offsets are left alone."""
    parameters = tuple(network.parameters())
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": WEIGHT_DECAY},
        {"params": [p for p in parameters if p.ndim == 1], "weight_decay": 0.0},
    ]
