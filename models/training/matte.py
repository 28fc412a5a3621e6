"""One step of the matte: cut-outs are put on grounds by chance, and are to be found there."""

from typing import cast

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional
from torch.optim.optimizer import Optimizer

from models.data import dead_leaves
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
RIM_EACH = 4
"""Of each so manieth picture the rim is learnt: it is small, and it is most of the pixels' work."""


class MatteTrainer:
    def __init__(
        self, config: TrainConfig, network: MatteConfig, grounds: Grounds, device: torch.device
    ) -> None:
        self.config = config
        self.device = device
        self.learnt = busier(grounds.learnt, seed=config.seed)
        self.held_out = grounds.held_out
        self.network = MatteNet(network).to(device).to(memory_format=torch.channels_last)
        self.ema = Ema(self.network, half_life_images=config.ema_images)
        self.networks: dict[str, nn.Module] = {"matte": self.network}
        self.descent = Descent(self.network, config)
        self.optimizers: dict[str, Optimizer] = {"matte": self.descent.optimizer}

    def step(self, batch: Batch, moment: Moment) -> dict[str, Tensor]:
        seen = composed(batch.images, self.learnt, moment.generator())
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
        return composed(batch.images, self.held_out, Generator().manual_seed(SEED))

    def _losses(self, seen: Composites, piece: Piece) -> tuple[Tensor, Told]:
        images, alpha = seen.images[piece.rows], seen.alpha[piece.rows]
        contrast = seen.contrast[piece.rows]
        with autocast(self.device, self.config.precision):
            made, logits = self.network(images)
            refined = self._refined(images[::RIM_EACH], made[::RIM_EACH])
        coarse = coarse_loss(logits, alpha)
        fine = fine_loss(made, alpha, contrast)
        rim = fine_loss(refined, alpha[::RIM_EACH], contrast[::RIM_EACH])
        told = {"coarse": coarse.detach(), "fine": fine.detach(), "rim": rim.detach()}
        return coarse + fine + rim, told

    def _refined(self, images: Tensor, made: Tensor) -> Tensor:
        """What the rim makes of half a matte: pictures that the coarse half sees whole need none.

        It is to mend what it is given, and not to have that bent to its needs.
        """
        half = functional.avg_pool2d(made.detach().clamp(0, 1), 2)
        return self.network.refined(images, half)


def busier(photographs: Tensor, *, seed: int) -> Tensor:
    """Photographs uint8 [M, 3, P, P] → with dead leaves in their colours, twice as many.

    Few of them are busy, and a network that has met no others takes a wood for a product.
    """
    leaves = dead_leaves.drawn(photographs, len(photographs), seed=seed)
    return torch.cat([photographs, leaves])
