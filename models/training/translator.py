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
from models.losses.adversarial import discriminator_loss, generator_loss
from models.losses.restoration import l1
from models.networks.translator import PatchCritic, Translator, TranslatorConfig
from models.precision import autocast
from models.training.batches import Batch, Moment
from models.training.config import TrainConfig
from models.training.descent import Descent
from models.training.ema import Ema
from models.training.pieces import Piece, Told, pieces, whole


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

    def step(self, batch: Batch, moment: Moment) -> dict[str, Tensor]:
        hand = sketches.drawn(len(batch), moment.generator(), side=batch.images.shape[-1])
        sketch = sketches.sketched(batch.images, hand)
        given = [
            Portion(piece, sketch[piece.rows], batch.part(piece.rows))
            for piece in pieces(len(batch), parts=self.config.accumulate)
        ]
        losses = self._teach_critic(given, moment) | self._teach_translator(given, moment)
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

    def _teach_critic(self, portions: list["Portion"], moment: Moment) -> Told:
        descent, told = self.descents["critic"], []
        descent.begin(moment)
        for given in portions:
            with torch.no_grad():
                fake = self._drawn(given)
            logits = self._judged(given.batch.images, given), self._judged(fake, given)
            loss = discriminator_loss(*logits, self.config.adversarial)
            descent.add(loss, given.piece)
            told.append((given.piece, {"critic": loss.detach()}))
        descent.end()
        return whole(told)

    def _teach_translator(self, portions: list["Portion"], moment: Moment) -> Told:
        descent, told = self.descents["translator"], []
        self.critic.requires_grad_(requires_grad=False)
        descent.begin(moment)
        for given in portions:
            fake = self._drawn(given)
            seen_through = generator_loss(self._judged(fake, given), self.config.adversarial)
            apart = l1(fake, given.batch.images)
            descent.add(seen_through + self.config.l1_weight * apart, given.piece)
            losses = {"translator": seen_through.detach(), "l1": apart.detach()}
            told.append((given.piece, losses))
        descent.end()
        self.critic.requires_grad_(requires_grad=True)
        return whole(told)


@dataclass(frozen=True, slots=True)
class Portion:
    """A piece of a batch with its sketches [N, 1, S, S]."""

    piece: Piece
    sketch: Tensor
    batch: Batch
