"""One step of the translator: pictures are sketched, and are to be drawn again from the sketch.

Absolute differences say where colours belong, the critic that patches are to look real.
"""

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.optim.optimizer import Optimizer

from models.data import sketches
from models.data.image_set import Part
from models.losses.restoration import l1
from models.networks.translator import PatchCritic, Translator, TranslatorConfig
from models.precision import autocast
from models.training.batches import Batch, Moment
from models.training.config import TrainConfig
from models.training.contest import Contest
from models.training.descent import Descent
from models.training.ema import Ema
from models.training.pieces import Piece, pieces


class TranslatorTrainer:
    def __init__(
        self, config: TrainConfig, network: TranslatorConfig, device: torch.device
    ) -> None:
        self.config = config
        self.device = device
        self.translator = Translator(network).to(device).to(memory_format=torch.channels_last)
        self.critic = PatchCritic(network).to(device).to(memory_format=torch.channels_last)
        self.ema = Ema(self.translator, half_life_images=config.ema_images)
        self.networks: dict[str, nn.Module] = {
            "translator": self.translator,
            "critic": self.critic,
        }
        self.descents = {name: Descent(half, config) for name, half in self.networks.items()}
        self.optimizers: dict[str, Optimizer] = {
            name: descent.optimizer for name, descent in self.descents.items()
        }
        self.contest: Contest[Portion] = Contest(
            config, "translator", self.critic, self.descents, self._drawn, self._judged, _apart
        )

    def step(self, batch: Batch, moment: Moment) -> dict[str, Tensor]:
        hand = sketches.drawn(len(batch), moment.generator(), side=batch.images.shape[-1])
        sketch = sketches.sketched(batch.images, hand)
        given = [
            Portion(piece, sketch[piece.rows], batch.part(piece.rows))
            for piece in pieces(len(batch), parts=self.config.accumulate)
        ]
        losses = self.contest.held(given, moment)
        self.ema.update(self.translator, batch=len(batch), images_seen=moment.images_seen)
        return losses

    @torch.no_grad()
    def restored(self, batch: Batch) -> tuple[Tensor, Tensor] | None:
        """The pictures, and what is drawn from their sketches."""
        network = cast(Translator, self.ema.module)
        with autocast(self.device, self.config.precision):
            return batch.images, network.translate(self.spoiled(batch), batch.labels)

    def spoiled(self, batch: Batch) -> Tensor:
        """What it draws from: sketches by the same hand each time."""
        return sketches.sketched(batch.images, sketches.steady(len(batch)))

    def scores(self, learning: Part, held_out: Part) -> dict[str, float]:
        """None but those of drawn pictures."""
        del learning, held_out
        return {}

    def finish(self, learning: Part, held_out: Part) -> None:
        """Nothing is fitted afterwards."""
        del learning, held_out

    def _drawn(self, given: "Portion") -> Tensor:
        with autocast(self.device, self.config.precision):
            fake: Tensor = self.translator(given.sketch, given.batch.labels)
        return fake

    def _judged(self, images: Tensor, given: "Portion") -> Tensor:
        with autocast(self.device, self.config.precision):
            logits: Tensor = self.critic(given.sketch, images, given.batch.labels)
        return logits


@dataclass(frozen=True, slots=True)
class Portion:
    """A piece of a batch with its sketches [N, 1, S, S]."""

    piece: Piece
    sketch: Tensor
    batch: Batch

    @property
    def real(self) -> Tensor:
        return self.batch.images


def _apart(fake: Tensor, given: Portion) -> Tensor:
    return l1(fake, given.real)
