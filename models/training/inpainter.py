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
from models.metrics.hole_detail import detail
from models.networks.inpainter import CELL, HoleCritic, Inpainter, InpainterConfig
from models.precision import autocast
from models.training.batches import Batch, Moment, batch_of
from models.training.config import TrainConfig
from models.training.contest import Contest
from models.training.descent import Descent
from models.training.ema import Ema
from models.training.pieces import Piece, pieces

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
        self.contest: Contest[Portion] = Contest(
            config, "inpainter", self.critic, self.descents, self._drawn, self._judged, _within
        )

    def step(self, batch: Batch, moment: Moment) -> dict[str, Tensor]:
        chance = moment.generator()
        windows = crops(batch.images, min(WINDOW, *batch.images.shape[2:]), chance)
        hole = holes.drawn(len(batch), chance, side=windows.shape[-1]).to(self.device)
        film = filled(windows, hole > 0)
        given = [
            Portion(piece, windows[piece.rows], film[piece.rows], hole[piece.rows])
            for piece in pieces(len(batch), parts=self.config.accumulate)
        ]
        losses = self.contest.held(given, moment)
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


@dataclass(frozen=True, slots=True)
class Portion:
    """A piece of a batch: windows [N, 3, S, S], their films, and the holes [N, 1, S, S]."""

    piece: Piece
    real: Tensor
    film: Tensor
    hole: Tensor


def _within(made: Tensor, given: Portion) -> Tensor:
    """Mean absolute difference within the hole."""
    channels = made.shape[1]
    off = ((made - given.real).abs() * given.hole).sum()
    return off / (given.hole.sum() * channels).clamp_min(1)
