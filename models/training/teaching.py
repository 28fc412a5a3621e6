"""A small classifier taught in a minute: the judge of generated pictures, and who learns from them.

It is taught anew where it is needed, from the very pictures that a generator learnt from: a judge
that has never seen a shop's products would not tell them apart.
"""

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from models.data.image_set import Part
from models.evaluation.judge import Judge
from models.networks.classifier import ClassifierConfig, ProductClassifier
from models.precision import autocast
from models.training.batches import Moment, batch_of, order
from models.training.classifier import ClassifierTrainer
from models.training.config import TrainConfig

WIDTHS = (16, 32, 64)
PIXELS = 180_000_000
"""About so many are looked at, whatever the size of the pictures: two minutes of one core."""
MOST_EPOCHS = 20
BATCHES = 8
"""An epoch has so many steps at least, where there are pictures enough."""
SEED = 0
TURNS = 4


@dataclass(frozen=True, slots=True)
class Teacher:
    """Makes judges: a `Teach`.

    Attributes:
        categories: how many there are, also where some have no picture.
        device: where they are taught, and judge.
    """

    categories: int
    device: torch.device

    def __call__(self, part: Part) -> Judge:
        """Of one category there is nothing to tell apart: how a picture is turned is learnt then.

        Features that tell this (Gidaris et al. 2018) tell products apart, too.
        """
        if len(torch.unique(part.labels)) > 1:
            return _judge(_taught(part, self.categories, self.device), part, self.device)
        network = _taught(_turned(part), TURNS, self.device)
        return _judge(network, part, self.device, agrees_always=self.categories)


def _taught(part: Part, categories: int, device: torch.device) -> ProductClassifier:
    config = _config(part)
    network = ClassifierConfig(categories, part.images.shape[1], WIDTHS)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        trainer = ClassifierTrainer(config, network, device)
    steps = len(part) // config.batch_size
    for epoch in range(config.epochs):
        rows = order(len(part), seed=config.seed, epoch=epoch)
        for step in range(steps):
            chosen = rows[step * config.batch_size : (step + 1) * config.batch_size]
            place = epoch * steps + step
            moment = Moment(config.seed, place, config.epochs * steps, config.batch_size)
            trainer.step(batch_of(part, chosen, device), moment)
    return cast(ProductClassifier, trainer.ema.module)


def _config(part: Part) -> TrainConfig:
    side = part.images.shape[-1]
    return TrainConfig(
        "classifier",
        epochs=max(1, min(MOST_EPOCHS, PIXELS // (len(part) * side * side))),
        batch_size=max(1, min(128, len(part) // BATCHES or len(part))),
        learning_rate=0.05,
        seed=SEED,
        channels=part.images.shape[1],
        ema_images=2_000,
    )


def _judge(
    network: ProductClassifier,
    part: Part,
    device: torch.device,
    *,
    agrees_always: int | None = None,
) -> Judge:
    """Named after what it learnt, so that only what was judged alike is compared."""

    def features(images: Tensor) -> Tensor:
        with autocast(device, "auto"):
            return network.features(images.to(device)).float()

    def logits(images: Tensor) -> Tensor:
        if agrees_always is not None:
            return torch.zeros(len(images), agrees_always, device=device)
        with autocast(device, "auto"):
            return network(images.to(device)).float()

    return Judge(f"judge-{part.digest()[:8]}", features, logits)


def _turned(part: Part) -> Part:
    """Every picture four times, by quarter turns; the label says by how many."""
    turned = [torch.rot90(part.images, turns, dims=(2, 3)) for turns in range(TURNS)]
    labels = torch.arange(TURNS).repeat_interleave(len(part))
    return Part(torch.cat(turned), labels)
