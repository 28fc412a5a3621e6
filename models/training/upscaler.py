"""One step of the upscaler: a window of each photograph, made small as Pillow would, L1."""

import torch
from torch import Tensor, nn
from torch.optim.optimizer import Optimizer

from models.data.degradations import crops, lowered
from models.data.image_set import Part
from models.losses.restoration import l1
from models.networks.restoring import Enlarges
from models.precision import autocast
from models.training.batches import Batch, Moment
from models.training.config import TrainConfig
from models.training.descent import Descent
from models.training.ema import Ema
from models.training.pieces import pieces, whole

WINDOW = 48
"""Side of what the network is given; what it is to give is `scale` times as large."""


class UpscalerTrainer:
    def __init__(self, config: TrainConfig, network: Enlarges, device: torch.device) -> None:
        self.config = config
        self.device = device
        self.upscaler = network.to(device).to(memory_format=torch.channels_last)
        self.ema = Ema(self.upscaler, half_life_images=config.ema_images)
        self.networks: dict[str, nn.Module] = {"upscaler": self.upscaler}
        self.descent = Descent(self.upscaler, config)
        self.optimizers: dict[str, Optimizer] = {"upscaler": self.descent.optimizer}

    def step(self, batch: Batch, moment: Moment) -> dict[str, Tensor]:
        large = crops(batch.images, self._side(batch), moment.generator())
        small = lowered(large, scale=self.config.scale)
        self.descent.begin(moment)
        told = []
        for piece in pieces(len(large), parts=self.config.accumulate):
            with autocast(self.device, self.config.precision):
                output = self.upscaler(small[piece.rows])
            loss = l1(output, large[piece.rows])
            self.descent.add(loss, piece)
            told.append((piece, {"l1": loss.detach()}))
        self.descent.end()
        self.ema.update(self.upscaler, batch=len(large), images_seen=moment.images_seen)
        return whole(told)

    @torch.no_grad()
    def restored(self, batch: Batch) -> tuple[Tensor, Tensor] | None:
        """Pictures, and what is made of them once they were made small."""
        small = lowered(batch.images, scale=self.config.scale)
        with autocast(self.device, self.config.precision):
            return batch.images, self.ema.module(small).clamp(0, 1)

    def spoiled(self, batch: Batch) -> Tensor:
        """What it restores, each pixel as large as those that are made of it."""
        small, scale = lowered(batch.images, scale=self.config.scale), self.config.scale
        return small.repeat_interleave(scale, dim=2).repeat_interleave(scale, dim=3)

    def scores(self, learning: Part, held_out: Part) -> dict[str, float]:
        """None but those of restored pictures."""
        del learning, held_out
        return {}

    def finish(self, learning: Part, held_out: Part) -> None:
        """Nothing is fitted afterwards."""
        del learning, held_out

    def _side(self, batch: Batch) -> int:
        """Of a window of the large pictures."""
        scale = self.config.scale
        return min(WINDOW, *(side // scale for side in batch.images.shape[2:])) * scale
