"""Conditional GAN for small product pictures: norm-free residual blocks, projection critic.

Projection discriminator: Miyato & Koyama 2018; norm-free blocks after R3GAN (Huang et al. 2024).
Generator: z [N, 64] normal, label [N] int64 → images [N, C, S, S] in [0, 1]; 0.74 M at 32 px.
Discriminator: images [N, C, S, S] in [0, 1], label [N] → logits [N]; 0.70 M at 32 px.
With attention both attend on grids of 8 and 16 pixels (SAGAN, Zhang et al. 2019).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.layers.attention import Blocks, attended, attention_after
from models.layers.grid import crop, grid_for, pad
from models.layers.initial import Embedding, embedding, he
from models.layers.residual import SLOPE, Critic, Modulated

BASE = 4
WIDTHS = {32: (128, 128, 64, 32), 64: (128, 128, 64, 32, 16)}


@dataclass(frozen=True, slots=True)
class GanConfig:
    """Both halves. `image_size` is what comes out: 24 to 32 or 48 to 64 pixels."""

    categories: int
    channels: int = 1
    image_size: int = 28
    z_dim: int = 64
    style_dim: int = 128
    blocks: Blocks = "residual"


class Generator(nn.Module):
    """Style = noise and category through two layers; each block doubles the side."""

    parts: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "category": ("category",),
        "style": ("style1", "style2"),
        "base": ("base",),
        "blocks": ("blocks", "attention"),
        "out": ("out",),
    }
    by_category: ClassVar[tuple[str, ...]] = ("category.weight",)

    def __init__(self, config: GanConfig) -> None:
        super().__init__()
        self.config = config
        widths = WIDTHS[grid_for(config.image_size)]
        self.category = Embedding(config.categories, config.z_dim)
        self.style1 = nn.Linear(2 * config.z_dim, config.style_dim)
        self.style2 = nn.Linear(config.style_dim, config.style_dim)
        self.base = nn.Linear(config.style_dim, widths[0] * BASE * BASE)
        self.blocks = nn.ModuleList(
            Modulated(a, b, style=config.style_dim) for a, b in pairwise(widths)
        )
        self.out = nn.Conv2d(widths[-1], config.channels, 3, padding=1)
        self.init_weights()
        sides = [BASE << number for number in range(1, len(widths))]
        self.attention = attention_after(config.blocks, sides, widths[1:], salt=1)

    def init_weights(self) -> None:
        embedding(self.category)
        for layer in (self.style1, self.style2, self.base):
            he(layer)
        he(self.out, gain=0.5)

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        style = functional.leaky_relu(self.style2(self.respond(z, label)), SLOPE)
        h = self.base(style).unflatten(1, (-1, BASE, BASE))
        for block in self.blocks:
            h = attended(self.attention, block(h, style))
        image = torch.tanh(self.out(functional.leaky_relu(h, SLOPE)).float())
        return crop((image + 1) / 2, size=self.config.image_size)

    def generate(self, z: Tensor, label: Tensor) -> Tensor:
        """The door: z [N, z_dim], label [N] → [N, C, S, S] in [0, 1]."""
        return self(z, label)

    def respond(self, z: Tensor, label: Tensor) -> Tensor:
        """The door: what the first layer makes of noise and category, [N, style]."""
        return functional.leaky_relu(self.style1(_joined(z, self.category(label))), SLOPE)


class Discriminator(nn.Module):
    """The generator's mirror; what it finds is compared with the category it was told."""

    def __init__(self, config: GanConfig) -> None:
        super().__init__()
        self.grid = grid_for(config.image_size)
        widths = WIDTHS[self.grid][::-1]
        self.stem = nn.Conv2d(config.channels, widths[0], 3, padding=1)
        self.blocks = nn.ModuleList(Critic(a, b) for a, b in pairwise(widths))
        self.features = nn.Linear(widths[-1] * BASE * BASE, widths[-1])
        self.drop = nn.Dropout(0.0)  # how much is the training's to say
        self.score = nn.Linear(widths[-1], 1)
        self.category = Embedding(config.categories, widths[-1])
        self.init_weights()
        sides = [self.grid >> number for number in range(1, len(widths))]
        self.attention = attention_after(config.blocks, sides, widths[1:], salt=2)

    def init_weights(self) -> None:
        he(self.stem)
        he(self.features)
        he(self.score)
        embedding(self.category)

    def forward(self, image: Tensor, label: Tensor) -> Tensor:
        h = self.stem(pad(image * 2 - 1, grid=self.grid, value=-1.0))
        for block in self.blocks:
            h = attended(self.attention, block(h))
        h = functional.leaky_relu(self.features(functional.leaky_relu(h, SLOPE).flatten(1)), SLOPE)
        h = self.drop(h)
        return (self.score(h)[:, 0] + (h * self.category(label)).sum(1)).float()


def _joined(z: Tensor, category: Tensor) -> Tensor:
    """Noise and category at equal loudness, whatever their lengths were."""
    scale = z.shape[1] ** 0.5
    return torch.cat([z, functional.normalize(category, dim=1) * scale], dim=1)
