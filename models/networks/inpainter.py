"""Texture for holes, as a small LaMa (Suvorov et al. 2022) adds it to a film that fills them.

Inpainter: film [N, 3, H, W] in [0, 1] (`models.filling`), hole [N, 1, H, W], 1 where something is
to be drawn → [N, 3, H, W] in [0, 1]; sides multiples of eight; 3.7 M. Dilated convolutions in
place of LaMa's Fourier ones: its Table 2 has them nearly as good, and no picture is too large.
Critic: picture and hole → a logit for each patch, [N, H/8, W/8]; 0.5 M.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.layers.initial import he
from models.layers.residual import SLOPE, TAIL_GAIN, Critic, Smooth

MIDDLE = 0.5
CRITIC_WIDTHS = (32, 64, 128, 160)
CELL = 2 ** (len(CRITIC_WIDTHS) - 1)
"""Pixels that a logit of the critic stands for, a side."""


@dataclass(frozen=True, slots=True)
class InpainterConfig:
    """`levels` are the channels of each grid, each half as large as the one before.

    `dilations` are how far apart the taps are of each block on the smallest grid.
    """

    levels: tuple[int, ...] = (32, 64, 128, 160)
    dilations: tuple[int, ...] = (1, 2, 4, 8, 1, 2)


class Inpainter(nn.Module):
    """Begins as the film itself: what is drawn is a difference from it."""

    parts: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "encoder": ("stem", "downs"),
        "body": ("middle",),
        "decoder": ("ups", "blocks", "out"),
    }

    def __init__(self, config: InpainterConfig) -> None:
        super().__init__()
        self.config = config
        widths = tuple(config.levels)
        self.stem = nn.Conv2d(4, widths[0], 3, padding=1)
        self.downs = nn.ModuleList(
            nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in pairwise(widths)
        )
        self.middle = nn.ModuleList(Dilated(widths[-1], apart) for apart in config.dilations)
        self.ups = nn.ModuleList(nn.Conv2d(b, a, 3, padding=1) for a, b in pairwise(widths))
        self.blocks = nn.ModuleList(Smooth(width) for width in widths[:-1])
        self.out = nn.Conv2d(widths[0], 3, 3, padding=1)
        self.init_weights()

    def init_weights(self) -> None:
        he(self.stem)
        for layer in (*self.downs, *self.ups):
            if isinstance(layer, nn.Conv2d):
                he(layer)
        he(self.out, gain=TAIL_GAIN)

    def forward(self, film: Tensor, hole: Tensor) -> Tensor:
        """The picture as it is, unclipped; outside of the hole exactly the film."""
        h = self.stem(torch.cat([film - MIDDLE, hole.to(film.dtype)], dim=1))
        skips = []
        for down in self.downs:
            skips.append(h)
            h = down(functional.silu(h))
        for block in self.middle:
            h = block(h)
        for up, block in zip(reversed(self.ups), reversed(self.blocks), strict=True):
            h = functional.interpolate(up(functional.silu(h)), scale_factor=2.0)
            h = block(h + skips.pop())
        return film + hole * self.out(functional.silu(h)).float()

    def fill(self, film: Tensor, hole: Tensor) -> Tensor:
        """The door: film [N, 3, H, W] in [0, 1], hole [N, 1, H, W] → [N, 3, H, W] in [0, 1]."""
        drawn: Tensor = self(film, hole)
        return drawn.clamp(0, 1)


class Dilated(nn.Module):
    """Residual block that sees `apart` times as far. Keeps its shape."""

    def __init__(self, channels: int, apart: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=apart, dilation=apart)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        he(self.conv1)
        he(self.conv2, gain=TAIL_GAIN)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(functional.silu(self.conv1(functional.silu(x))))


class HoleCritic(nn.Module):
    """Whether each patch is a real one; it knows where the hole is."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(4, CRITIC_WIDTHS[0], 3, padding=1)
        self.blocks = nn.ModuleList(Critic(a, b) for a, b in pairwise(CRITIC_WIDTHS))
        self.score = nn.Conv2d(CRITIC_WIDTHS[-1], 1, 3, padding=1)
        he(self.stem)
        he(self.score)

    def forward(self, image: Tensor, hole: Tensor) -> Tensor:
        h = self.stem(torch.cat([image * 2 - 1, hole.to(image.dtype)], dim=1))
        for block in self.blocks:
            h = block(h)
        logits: Tensor = self.score(functional.leaky_relu(h, SLOPE))[:, 0].float()
        return logits
