"""Products from sketches or label maps: pix2pix (Isola et al. 2017), small, and told a category.

Generator: sketch [N, 1, S, S], 0 on a line and 1 on paper, or map [N, 2, S, S], 0 where a region is
and 1 elsewhere, with a label [N] int64 → images [N, C, S, S] in [0, 1]; a U-Net (Ronneberger et al.
2015) of 1.5 M whose deepest grid is an eighth of the side.
Critic: the same, images and label → a logit for each patch, [N, S/4, S/4]; 0.15 M. A patch is about
30 pixels wide, a part of the picture as 70 are of pix2pix's 256.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Final, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.layers.grid import crop, grid_for, pad
from models.layers.initial import Embedding, embedding, he
from models.layers.residual import SLOPE, Critic, Smooth

PAPER = 1.0
Source = Literal["edges", "labels"]
"""What is drawn from: lines, or a map of the product's regions."""
TOLD: Final[Mapping[Source, int]] = {"edges": 1, "labels": 2}
"""Channels of what is drawn from."""
CRITIC_WIDTHS = (32, 64, 128)


@dataclass(frozen=True, slots=True)
class TranslatorConfig:
    """Both halves. `image_size` is what goes in and comes out: 24 to 32 or 48 to 64 pixels.

    `levels` are the channels of each grid, each half as large as the one before.
    """

    categories: int
    channels: int = 3
    image_size: int = 64
    levels: tuple[int, ...] = (32, 64, 128, 128)
    source: Source = "edges"


class Translator(nn.Module):
    """What the sketch does not say, the category does: it moves what each way up begins with."""

    parts: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "encoder": ("stem", "downs"),
        "body": ("middle",),
        "decoder": ("ups", "out"),
    }

    def __init__(self, config: TranslatorConfig) -> None:
        super().__init__()
        self.config = config
        ups = range(len(config.levels) - 1)
        self.by_category = tuple(f"ups.{number}.category.weight" for number in ups)
        self.grid = grid_for(config.image_size)
        widths = config.levels
        self.stem = nn.Conv2d(TOLD[config.source], widths[0], 3, padding=1)
        self.downs = nn.ModuleList(_down(a, b) for a, b in pairwise(widths))
        self.middle = nn.ModuleList(Smooth(widths[-1]) for _ in range(2))
        self.ups = nn.ModuleList(_Up(b, a, config.categories) for a, b in pairwise(widths))
        self.out = nn.Conv2d(widths[0], config.channels, 3, padding=1)
        he(self.stem)
        he(self.out, gain=0.5)

    def forward(self, sketch: Tensor, label: Tensor) -> Tensor:
        """The picture as it is, unclipped: a sigmoid on white paper learns white, and no more."""
        h = self.stem(1 - pad(sketch, grid=self.grid, value=PAPER))
        skips = []
        for down in self.downs:
            skips.append(h)
            h = down(functional.leaky_relu(_even(h), SLOPE))
        for block in self.middle:
            h = block(h)
        for up in reversed(self.ups):
            h = up(h, skips.pop(), label)
        image = self.out(functional.leaky_relu(_even(h), SLOPE)).float()
        return crop(image, size=self.config.image_size)

    def translate(self, sketch: Tensor, label: Tensor) -> Tensor:
        """The door: sketch or map [N, 1 or 2, S, S], label [N] → [N, C, S, S], all in [0, 1]."""
        return self(sketch.clamp(0, 1), label).clamp(0, 1)


class _Up(nn.Module):
    """[N, in, H, W] and a skip [N, out, 2H, 2W] → [N, out, 2H, 2W]."""

    def __init__(self, in_channels: int, out_channels: int, categories: int) -> None:
        super().__init__()
        self.category = Embedding(categories, in_channels)
        self.conv = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.block = Smooth(out_channels)
        embedding(self.category)
        he(self.conv, slope=SLOPE)

    def forward(self, h: Tensor, skip: Tensor, label: Tensor) -> Tensor:
        told = self.category(label)[:, :, None, None] * math.sqrt(h.shape[1])
        h = self.conv(functional.leaky_relu(_even(h) + told, SLOPE))
        return self.block(functional.interpolate(h, scale_factor=2.0) + skip)


def _down(in_channels: int, out_channels: int) -> nn.Conv2d:
    conv = nn.Conv2d(in_channels, out_channels, 3, stride=2, padding=1)
    he(conv, slope=SLOPE)
    return conv


def _even(h: Tensor) -> Tensor:
    """Each channel of mean 0 and variance 1 over its picture: a sketch is nearly all paper."""
    return functional.group_norm(h, h.shape[1])


class PatchCritic(nn.Module):
    """Whether each patch is a real one of this sketch and category (Miyato & Koyama 2018)."""

    def __init__(self, config: TranslatorConfig) -> None:
        super().__init__()
        self.stem = nn.Conv2d(TOLD[config.source] + config.channels, CRITIC_WIDTHS[0], 3, padding=1)
        self.blocks = nn.ModuleList(Critic(a, b) for a, b in pairwise(CRITIC_WIDTHS))
        self.score = nn.Conv2d(CRITIC_WIDTHS[-1], 1, 3, padding=1)
        self.category = Embedding(config.categories, CRITIC_WIDTHS[-1])
        self.init_weights()

    def init_weights(self) -> None:
        he(self.stem)
        he(self.score)
        embedding(self.category)

    def forward(self, sketch: Tensor, image: Tensor, label: Tensor) -> Tensor:
        h = self.stem(torch.cat([1 - sketch, image * 2 - 1], dim=1))
        for block in self.blocks:
            h = block(h)
        h = functional.leaky_relu(h, SLOPE)
        agreed = (h * self.category(label)[:, :, None, None]).sum(1)
        return (self.score(h)[:, 0] + agreed).float()
