"""One step of the style autoencoder: pictures there and back, and in each other's style.

Absolute differences say what a picture is. And what is decoded from a code with the means and
spreads of another picture's is to have those means and spreads itself (Huang & Belongie 2017): the
running mean of the network looks at it, for a style that the network itself judged would be easy.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.optim.optimizer import Optimizer

from models.data import patterns
from models.data.degradations import crops
from models.data.image_set import Part
from models.losses.restoration import l1
from models.networks.style import StyleAutoencoder, StyleConfig, moved, statistics
from models.precision import autocast
from models.training.batches import Batch, Moment
from models.training.config import TrainConfig
from models.training.descent import Descent
from models.training.ema import Ema
from models.training.pieces import pieces, whole

WINDOW = 64
PATTERNS = 4
"""For so many photographs there is one pattern."""
STYLE_WEIGHT = 0.03


class StyleTrainer:
    def __init__(self, config: TrainConfig, network: StyleConfig, device: torch.device) -> None:
        self.config = config
        self.device = device
        self.style = StyleAutoencoder(network).to(device).to(memory_format=torch.channels_last)
        self.ema = Ema(self.style, half_life_images=config.ema_images)
        self.networks: dict[str, nn.Module] = {"style": self.style}
        self.descent = Descent(self.style, config)
        self.optimizers: dict[str, Optimizer] = {"style": self.descent.optimizer}

    def step(self, batch: Batch, moment: Moment) -> dict[str, Tensor]:
        shown = self._shown(batch, moment)
        self.descent.begin(moment)
        told = []
        for piece in pieces(len(shown), parts=self.config.accumulate):
            images = shown[piece.rows]
            apart, unlike = self._losses(images)
            self.descent.add(apart + STYLE_WEIGHT * unlike, piece)
            told.append((piece, {"l1": apart.detach(), "style": unlike.detach()}))
        self.descent.end()
        self.ema.update(self.style, batch=len(shown), images_seen=moment.images_seen)
        return whole(told)

    @torch.no_grad()
    def restored(self, batch: Batch) -> tuple[Tensor, Tensor] | None:
        """The pictures, and what comes back of them."""
        with autocast(self.device, self.config.precision):
            return batch.images, self.ema.module(batch.images).clamp(0, 1)

    def scores(self, learning: Part, held_out: Part) -> dict[str, float]:
        """None but those of what comes back."""
        del learning, held_out
        return {}

    def finish(self, learning: Part, held_out: Part) -> None:
        """Nothing is fitted afterwards."""
        del learning, held_out

    def _shown(self, batch: Batch, moment: Moment) -> Tensor:
        """Windows of the photographs, some of them replaced by patterns."""
        chance = moment.generator()
        windows = crops(batch.images, min(WINDOW, batch.images.shape[-1]), chance)
        drawn = patterns.drawn(len(windows), chance, side=windows.shape[-1]).to(windows)
        rows = torch.arange(len(windows), device=windows.device)[:, None, None, None]
        return torch.where(rows % PATTERNS == PATTERNS - 1, drawn, windows)

    def _losses(self, images: Tensor) -> tuple[Tensor, Tensor]:
        judge = cast(StyleAutoencoder, self.ema.module)
        with autocast(self.device, self.config.precision):
            code = self.style.encode(images)
            apart = l1(self.style.decode(code), images)
            mean, spread = (one.detach() for one in statistics(code))
            wanted, width = mean.roll(1, 0), spread.roll(1, 0)
            gain = width / spread
            fake = self.style.decode(moved(code, gain, wanted - gain * mean))
            with torch.no_grad():
                aim = [one.roll(1, 0) for one in statistics(judge.encode(images))]
            got = statistics(judge.encode(fake.clamp(0, 1)))
        unlike = sum(
            (l1(a / aim[1], b / aim[1]) for a, b in zip(got, aim, strict=True)),
            start=apart.new_zeros(()),
        )
        return apart, unlike
