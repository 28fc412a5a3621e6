"""One step of the matte: cut-outs are put on grounds by chance, and are to be found there."""

from typing import cast

import torch
from torch import Generator, Tensor, nn
from torch.optim.optimizer import Optimizer

from models.data.composites import Composites, composed
from models.data.cutouts import Grounds
from models.data.image_set import Part
from models.losses.matting import coarse_loss, fine_loss
from models.networks.matte import MatteConfig, MatteNet
from models.precision import autocast
from models.training.batches import Batch, Moment
from models.training.config import TrainConfig
from models.training.descent import Descent
from models.training.ema import Ema
from models.training.pieces import Piece, Told, pieces, whole

SEED = 0


class MatteTrainer:
    def __init__(
        self, config: TrainConfig, network: MatteConfig, grounds: Grounds, device: torch.device
    ) -> None:
        self.config = config
        self.device = device
        self.grounds = grounds
        self.network = MatteNet(network).to(device).to(memory_format=torch.channels_last)
        self.ema = Ema(self.network, half_life_images=config.ema_images)
        self.networks: dict[str, nn.Module] = {"matte": self.network}
        self.descent = Descent(self.network, config)
        self.optimizers: dict[str, Optimizer] = {"matte": self.descent.optimizer}

    def step(self, batch: Batch, moment: Moment) -> dict[str, Tensor]:
        seen = composed(batch.images, self.grounds.learnt, moment.generator())
        self.descent.begin(moment)
        told = []
        for piece in pieces(len(batch), parts=self.config.accumulate):
            loss, losses = self._losses(seen, piece)
            self.descent.add(loss, piece)
            told.append((piece, losses))
        self.descent.end()
        self.ema.update(self.network, batch=len(batch), images_seen=moment.images_seen)
        return whole(told)

    @torch.no_grad()
    def restored(self, batch: Batch) -> tuple[Tensor, Tensor] | None:
        """The exact mattes, and what is found of them on held-out grounds."""
        seen = self._held_out(batch)
        with autocast(self.device, self.config.precision):
            return seen.alpha, cast(MatteNet, self.ema.module).matte(seen.images)

    def spoiled(self, batch: Batch) -> Tensor:
        """What it finds them in, always the same."""
        return self._held_out(batch).images

    def scores(self, learning: Part, held_out: Part) -> dict[str, float]:
        """None but those of mattes beside the exact ones."""
        del learning, held_out
        return {}

    def finish(self, learning: Part, held_out: Part) -> None:
        """Nothing is fitted afterwards."""
        del learning, held_out

    def _held_out(self, batch: Batch) -> Composites:
        return composed(batch.images, self.grounds.held_out, Generator().manual_seed(SEED))

    def _losses(self, seen: Composites, piece: Piece) -> tuple[Tensor, Told]:
        with autocast(self.device, self.config.precision):
            made, logits = self.network(seen.images[piece.rows])
        alpha = seen.alpha[piece.rows]
        coarse = coarse_loss(logits, alpha)
        fine = fine_loss(made, alpha, seen.contrast[piece.rows])
        return coarse + fine, {"coarse": coarse.detach(), "fine": fine.detach()}
