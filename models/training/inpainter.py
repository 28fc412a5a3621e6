"""One step of the inpainter: holes are made in windows, and are to be filled again.

Absolute differences within the hole say what is likely there, the critic that it is to look real.
"""

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.optimizer import Optimizer

from models.data import holes
from models.data.degradations import crops
from models.data.image_set import Part
from models.filling import filled
from models.losses.adversarial import discriminator_loss, generator_loss
from models.metrics.hole_detail import detail
from models.networks.inpainter import CELL, HoleCritic, Inpainter, InpainterConfig
from models.precision import autocast
from models.training.batches import Batch, Moment, batch_of
from models.training.config import TrainConfig
from models.training.descent import Descent
from models.training.ema import Ema
from models.training.pieces import Piece, Told, pieces, whole

WINDOW = 128
MEASURED, PIECE = 160, 32


class InpainterTrainer:
    def __init__(self, config: TrainConfig, network: InpainterConfig, device: torch.device) -> None:
        self.config = config
        self.device = device
        self.inpainter = Inpainter(network).to(device).to(memory_format=torch.channels_last)
        self.critic = HoleCritic().to(device).to(memory_format=torch.channels_last)
        self.ema = Ema(self.inpainter, half_life_images=config.ema_images)
        self.networks: dict[str, nn.Module] = {"inpainter": self.inpainter, "critic": self.critic}
        self.descents = {name: Descent(half, config) for name, half in self.networks.items()}
        self.optimizers: dict[str, Optimizer] = {
            name: descent.optimizer for name, descent in self.descents.items()
        }

    def step(self, batch: Batch, moment: Moment) -> dict[str, Tensor]:
        chance = moment.generator()
        windows = crops(batch.images, min(WINDOW, *batch.images.shape[2:]), chance)
        hole = holes.drawn(len(batch), chance, side=windows.shape[-1]).to(self.device)
        film = filled(windows, hole > 0)
        given = [
            Portion(piece, windows[piece.rows], film[piece.rows], hole[piece.rows])
            for piece in pieces(len(batch), parts=self.config.accumulate)
        ]
        losses = self._teach_critic(given, moment) | self._teach_inpainter(given, moment)
        self.ema.update(self.inpainter, batch=len(batch), images_seen=moment.images_seen)
        return losses

    @torch.no_grad()
    def restored(self, batch: Batch) -> tuple[Tensor, Tensor] | None:
        """The pictures, and what is drawn into holes of them, the same every time."""
        hole = self._steady(batch)
        film = filled(batch.images, hole > 0)
        with autocast(self.device, self.config.precision):
            return batch.images, cast(Inpainter, self.ema.module).fill(film, hole)

    def spoiled(self, batch: Batch) -> Tensor:
        """What it fills: the pictures, white in the holes."""
        return batch.images.where(self._steady(batch) <= 0, 1.0)

    def scores(self, learning: Part, held_out: Part) -> dict[str, float]:
        """How much detail the holes have; by PSNR the epoch that draws least would be kept."""
        del learning
        if not len(held_out):
            return {}
        rows = torch.linspace(0, len(held_out) - 1, min(MEASURED, len(held_out))).long()
        found = []
        for chosen in torch.split(rows, PIECE):
            real, made = cast(
                tuple[Tensor, Tensor], self.restored(batch_of(held_out, chosen, self.device))
            )
            hole = holes.steady(len(real), shape=(real.shape[2], real.shape[3])).to(self.device)
            found.append(detail(made.float(), real, hole))
        return {"hole_detail": torch.cat(found).mean().item()}

    def finish(self, learning: Part, held_out: Part) -> None:
        """Nothing is fitted afterwards."""
        del learning, held_out

    def _steady(self, batch: Batch) -> Tensor:
        height, width = batch.images.shape[2:]
        return holes.steady(len(batch), shape=(height, width)).to(batch.images.device)

    def _drawn(self, given: "Portion") -> Tensor:
        with autocast(self.device, self.config.precision):
            fake: Tensor = self.inpainter(given.film, given.hole)
        return fake

    def _judged(self, images: Tensor, given: "Portion") -> Tensor:
        """Logits of the patches that the hole reaches, in a row."""
        with autocast(self.device, self.config.precision):
            logits: Tensor = self.critic(images, given.hole)
        return logits[functional.max_pool2d(given.hole, CELL)[:, 0] > 0]

    def _teach_critic(self, portions: list["Portion"], moment: Moment) -> Told:
        descent, told = self.descents["critic"], []
        descent.begin(moment)
        for given in portions:
            with torch.no_grad():
                fake = self._drawn(given)
            logits = self._judged(given.windows, given), self._judged(fake, given)
            loss = discriminator_loss(*logits, self.config.adversarial)
            descent.add(loss, given.piece)
            told.append((given.piece, {"critic": loss.detach()}))
        descent.end()
        return whole(told)

    def _teach_inpainter(self, portions: list["Portion"], moment: Moment) -> Told:
        descent, told = self.descents["inpainter"], []
        self.critic.requires_grad_(requires_grad=False)
        descent.begin(moment)
        for given in portions:
            fake = self._drawn(given)
            seen_through = generator_loss(self._judged(fake, given), self.config.adversarial)
            apart = _within(given.hole, fake, given.windows)
            descent.add(seen_through + self.config.l1_weight * apart, given.piece)
            losses = {"inpainter": seen_through.detach(), "l1": apart.detach()}
            told.append((given.piece, losses))
        descent.end()
        self.critic.requires_grad_(requires_grad=True)
        return whole(told)


@dataclass(frozen=True, slots=True)
class Portion:
    """A piece of a batch: windows [N, 3, S, S], their films, and the holes [N, 1, S, S]."""

    piece: Piece
    windows: Tensor
    film: Tensor
    hole: Tensor


def _within(hole: Tensor, made: Tensor, real: Tensor) -> Tensor:
    """Mean absolute difference within the hole."""
    channels = made.shape[1]
    return ((made - real).abs() * hole).sum() / (hole.sum() * channels).clamp_min(1)
