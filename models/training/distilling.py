"""A student that learns what a larger network of its kind answers (Hinton et al. 2015)."""

from dataclasses import dataclass
from typing import Any

from torch import nn

from models.training.classifier import ClassifierTrainer
from models.training.denoiser import DenoiserTrainer
from models.training.trainer import Trainer
from models.training.watch import TrainingError
from models.weights import Card


@dataclass(frozen=True, slots=True)
class Original:
    """The version that is to become smaller.

    Attributes:
        label: of the version.
        card: of its weights.
        network: as it is served, in float32.
    """

    label: str
    card: Card
    network: nn.Module

    def told(self) -> dict[str, Any]:
        """As cards and the names of runs have it."""
        return {"original": self.label, "original_sha256": self.card.sha256}


def follow(trainer: Trainer, original: Original) -> None:
    """From now on the trainer's network learns this one's answers in place of what is right.

    Raises:
        TrainingError: `not_distilled`; nobody knows how, of such a network.
    """
    match trainer:
        case DenoiserTrainer() | ClassifierTrainer():
            trainer.original = original.network.to(trainer.device)
        case _:
            kind = type(trainer.ema.module).__name__
            raise TrainingError("not_distilled", f"a {kind} is not distilled; it can be quantised")
