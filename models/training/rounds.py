"""What the two rounds of a classifier learn from: few labels, then guesses of the rest, too."""

from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor
from torch.nn import functional

from models.data.guessed import UNLABELLED, Guessed
from models.data.image_set import ImageSet
from models.training import guessing
from models.training.cards import name_of_run
from models.training.config import TrainConfig
from models.training.guessing import Guesses
from models.training.watch import TrainingError

TWICE = 2
"""As many pictures a step has the second round, so that guesses take no label's place."""


@dataclass(frozen=True, slots=True)
class Rounds:
    """What each round learns from.

    Attributes:
        told: rows whose labels are used.
        rest: rows that are guessed.
    """

    config: TrainConfig
    images: ImageSet
    told: Tensor
    rest: Tensor

    @property
    def is_one(self) -> bool:
        return self.config.pseudo_threshold is None

    @property
    def name(self) -> str:
        return name_of_run(self.config, self.images)

    @property
    def count(self) -> int:
        """Pictures that an epoch of the first round sees; some are the same."""
        return len(self.told) + len(self.rest)

    def labelled(self) -> ImageSet:
        rows = self.told if self.is_one else _again(self.told, self.count)
        return _chosen(self.images, rows)

    def guesses(self, likely: Tensor) -> Guesses:
        return guessing.believed(likely, self.images, self.rest, self.config)

    def both(self, guesses: Guesses) -> Guessed:
        """Twice as many as the first round has, of which no more than half are guessed."""
        told = _again(self.told, TWICE * self.count - len(guesses))
        return _both(self.images, told, guesses)

    @property
    def second(self) -> TrainConfig:
        """As many steps of twice as many pictures, and so twice as wide (Goyal et al. 2017)."""
        return replace(
            self.config,
            batch_size=TWICE * self.config.batch_size,
            learning_rate=TWICE * self.config.learning_rate,
        )


def rounds_of(config: TrainConfig, images: ImageSet) -> Rounds:
    """What there is to learn from.

    Raises:
        TrainingError: `nothing_unlabelled`; there is a threshold and nothing to guess.
    """
    told, rest = parted(images, config)
    if config.pseudo_threshold is not None and not len(rest):
        raise TrainingError("nothing_unlabelled", "every picture's label is used already")
    return Rounds(config, images, told, rest)


def parted(images: ImageSet, config: TrainConfig) -> tuple[Tensor, Tensor]:
    """The rows whose labels are used, the same share of each category, and the others."""
    learning = torch.ones(len(images), dtype=torch.bool)
    learning[images.validation] = False
    chance = torch.rand(len(images), generator=Generator().manual_seed(config.seed))
    told = torch.zeros(len(images), dtype=torch.bool)
    for category in range(len(images.categories)):
        members = (learning & (images.labels == category)).nonzero().flatten()
        count = min(len(members), max(1, round(config.labelled_share * len(members))))
        told[members[chance[members].argsort()[:count]]] = True
    return told.nonzero().flatten(), (learning & ~told).nonzero().flatten()


def _again(rows: Tensor, count: int) -> Tensor:
    """So many of these rows, each as often as the others but for once."""
    return rows.repeat(-(-count // len(rows)))[:count]


def _chosen(images: ImageSet, rows: Tensor) -> ImageSet:
    """These rows, and all that is held out and labelled."""
    held_out = torch.arange(len(images))[images.validation]
    held_out = held_out[images.labels[held_out] != UNLABELLED]
    every = torch.cat([rows, held_out])
    return replace(
        images,
        images=images.images[every],
        labels=images.labels[every],
        validation=torch.arange(len(rows), len(every)),
        rated=None,
    )


def _both(images: ImageSet, told: Tensor, guesses: Guesses) -> Guessed:
    """These rows as we were told of them, and those that are guessed."""
    chosen = _chosen(images, torch.cat([told, guesses.rows]))
    guessed = slice(len(told), len(told) + len(guesses))
    labels = chosen.labels.clone()
    labels[guessed] = guesses.likely.argmax(1)  # the truth, where it is known, is not for it
    likely = functional.one_hot(labels, len(images.categories)).float()
    likely[guessed] = guesses.likely
    return Guessed(
        chosen.name,
        chosen.images,
        labels,
        chosen.categories,
        chosen.validation,
        chosen.licence,
        chosen.source,
        likely=likely,
    )
