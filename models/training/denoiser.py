"""One step of a network that mends: a window of each photograph, spoiled by chance, L1."""

import torch
from torch import Tensor, nn
from torch.optim.optimizer import Optimizer

from models.data.degradations import crops
from models.data.image_set import Part
from models.data.spoiling import SPOILINGS
from models.losses.restoration import l1
from models.networks.restoring import Denoises
from models.precision import autocast
from models.training.batches import Batch, Moment
from models.training.config import TrainConfig
from models.training.descent import Descent
from models.training.ema import Ema
from models.training.pieces import pieces, whole

WINDOW = 64
SEED = 0


class DenoiserTrainer:
    def __init__(self, config: TrainConfig, network: Denoises, device: torch.device) -> None:
        self.config = config
        self.device = device
        self.spoiling = SPOILINGS[network.takes]
        self.denoiser = network.to(device).to(memory_format=torch.channels_last)
        self.ema = Ema(self.denoiser, half_life_images=config.ema_images)
        self.networks: dict[str, nn.Module] = {"denoiser": self.denoiser}
        self.descent = Descent(self.denoiser, config)
        self.optimizers: dict[str, Optimizer] = {"denoiser": self.descent.optimizer}
        self.original: nn.Module | None = None

    def step(self, batch: Batch, moment: Moment) -> dict[str, Tensor]:
        chance = moment.generator()
        windows = crops(batch.images, min(WINDOW, batch.images.shape[-1]), chance)
        clean, spoiled, told_of = self.spoiling.by_chance(windows, chance)
        wanted = clean if self.original is None else self._mended(self.original, spoiled, told_of)
        self.descent.begin(moment)
        told = []
        for piece in pieces(len(clean), parts=self.config.accumulate):
            with autocast(self.device, self.config.precision):
                output = self.denoiser(spoiled[piece.rows], told_of[piece.rows])
            loss = l1(output, wanted[piece.rows])
            self.descent.add(loss, piece)
            told.append((piece, {"l1": loss.detach()}))
        self.descent.end()
        self.ema.update(self.denoiser, batch=len(clean), images_seen=moment.images_seen)
        return whole(told)

    @torch.no_grad()
    def restored(self, batch: Batch) -> tuple[Tensor, Tensor] | None:
        """Clean windows, and what is made of them spoiled, the same way every time."""
        spoiled, told_of = self.spoiling.usual(batch.images, SEED)
        with autocast(self.device, self.config.precision):
            return batch.images, self.ema.module(spoiled, told_of).clamp(0, 1)

    def spoiled(self, batch: Batch) -> Tensor:
        """What it restores."""
        return self.spoiling.usual(batch.images, SEED)[0]

    def scores(self, learning: Part, held_out: Part) -> dict[str, float]:
        """None but those of restored pictures."""
        del learning, held_out
        return {}

    def finish(self, learning: Part, held_out: Part) -> None:
        """Nothing is fitted afterwards."""
        del learning, held_out

    @torch.no_grad()
    def _mended(self, original: nn.Module, spoiled: Tensor, told_of: Tensor) -> Tensor:
        """What the network that is to be followed makes of them."""
        with autocast(self.device, self.config.precision):
            answer: Tensor = original(spoiled, told_of)
        return answer.float()
