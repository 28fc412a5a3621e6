"""One step of the translator: pictures are to be drawn again from their sketch or label map.

Absolute differences say where colours belong, the critic that patches are to look real.
"""

from dataclasses import dataclass
from typing import assert_never, cast

import torch
from torch import Generator, Tensor, nn
from torch.optim.optimizer import Optimizer

from models.data import label_maps, palette, sketches
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
        told = self._told(batch, moment.generator())
        given = [
            Portion(piece, told[piece.rows], batch.part(piece.rows))
            for piece in pieces(len(batch), parts=self.config.accumulate)
        ]
        losses = self.contest.held(given, moment)
        self.ema.update(self.translator, batch=len(batch), images_seen=moment.images_seen)
        return losses

    @torch.no_grad()
    def restored(self, batch: Batch) -> tuple[Tensor, Tensor] | None:
        """The pictures, and what is drawn from their sketches or maps."""
        network = cast(Translator, self.ema.module)
        with autocast(self.device, self.config.precision):
            drawn = network.translate(self._told(batch), batch.labels)
        return label_maps.seen(batch.images), drawn

    def spoiled(self, batch: Batch) -> Tensor:
        """What it draws from, to look at: sketches by the same hand each time, or painted maps."""
        told = self._told(batch)
        return told if self.config.source == "edges" else palette.painted(told, batch.labels)

    def scores(self, learning: Part, held_out: Part) -> dict[str, float]:
        """None but those of drawn pictures."""
        del learning, held_out
        return {}

    def finish(self, learning: Part, held_out: Part) -> None:
        """Nothing is fitted afterwards."""
        del learning, held_out

    def _told(self, batch: Batch, chance: Generator | None = None) -> Tensor:
        """Maps, or sketches by a hand that chance has drawn; without it by the steady one."""
        match self.config.source:
            case "labels":
                return label_maps.told(batch.images)
            case "edges" if chance is None:
                return sketches.sketched(batch.images, sketches.steady(len(batch)))
            case "edges":
                hand = sketches.drawn(len(batch), chance, side=batch.images.shape[-1])
                return sketches.sketched(batch.images, hand)
            case never:
                assert_never(never)

    def _drawn(self, given: "Portion") -> Tensor:
        with autocast(self.device, self.config.precision):
            fake: Tensor = self.translator(given.told, given.batch.labels)
        return fake

    def _judged(self, images: Tensor, given: "Portion") -> Tensor:
        with autocast(self.device, self.config.precision):
            logits: Tensor = self.critic(given.told, images, given.batch.labels)
        return logits


@dataclass(frozen=True, slots=True)
class Portion:
    """A piece of a batch with its sketches [N, 1, S, S] or maps [N, 2, S, S]."""

    piece: Piece
    told: Tensor
    batch: Batch

    @property
    def real(self) -> Tensor:
        return label_maps.seen(self.batch.images)


def _apart(fake: Tensor, given: Portion) -> Tensor:
    return l1(fake, given.real)
