"""How far the product covers each pixel, from the picture alone: coarse first, then the rim.

A U-Net (Ronneberger et al. 2015) with batch norms sees the whole picture in 64 by 64 pixels; a
refiner that sees nine pixels far doubles what it says until it is as large as the picture, each
time with the picture of that size beside it. The plan is that of MODNet (Ke et al. 2022), without
its backbone.

x [N, 3, H, W] in [0, 1] → [N, 1, H, W] in [0, 1]; 1.9 M, of which the refiner has 15 thousand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.layers.centred import Centred
from models.layers.initial import he
from models.layers.residual import Normed

MIDDLE = 0.5
SLOPE = 0.25


@dataclass(frozen=True, slots=True)
class MatteConfig:
    """`view` is the side of what the coarse half sees, a multiple of sixteen.

    `levels` are the channels of its grids, each half as large as the one before.
    """

    view: int = 64
    levels: tuple[int, ...] = (16, 32, 64, 128, 160)
    rim_width: int = 16
    rim_depth: int = 8


class MatteNet(nn.Module):
    """Pictures of any size: the product is as large to the coarse half, however large they are."""

    parts: ClassVar[Mapping[str, tuple[str, ...]]] = {"coarse": ("coarse",), "rim": ("rim",)}

    def __init__(self, config: MatteConfig) -> None:
        super().__init__()
        self.config = config
        self.coarse = Coarse(config.levels)
        self.rim = Rim(config.rim_width, config.rim_depth)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """→ the matte as it is, unclipped [N, 1, H, W], and the coarse one's logits, by view."""
        logits = self.coarse(_resized(x, (self.config.view, self.config.view))).float()
        alpha = torch.sigmoid(logits)
        for sides in self._sides(x):
            alpha = self.refined(_resized(x, sides), alpha)
        return _resized(alpha, (x.shape[2], x.shape[3])), logits

    def refined(self, x: Tensor, alpha: Tensor) -> Tensor:
        """A smaller matte [N, 1, h, w] → unclipped, of the size of the picture [N, 3, H, W]."""
        sides = (x.shape[2], x.shape[3])
        larger = functional.interpolate(alpha, sides, mode="bilinear", align_corners=False)
        return larger + self.rim(x, larger).float()

    def matte(self, x: Tensor) -> Tensor:
        """The door: [N, 3, H, W] in [0, 1] → how far the product covers, [N, 1, H, W] in [0, 1]."""
        alpha, _ = self(x)
        return alpha.clamp(0, 1)

    def _sides(self, x: Tensor) -> list[tuple[int, int]]:
        """From at most twice the view on, each time twice as large, to the picture's own.

        None for a picture that is no larger than the view: the coarse half has seen all of it.
        """
        height, width = x.shape[2:]
        if max(height, width) <= self.config.view:
            return []
        sides = [(height, width)]
        while max(sides[0]) > 2 * self.config.view:
            sides.insert(0, (-(-sides[0][0] // 2), -(-sides[0][1] // 2)))
        return sides


class Coarse(nn.Module):
    """[N, 3, V, V] → logits [N, 1, V, V]; what the whole picture is like is told everywhere."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.stem = Centred(3, widths[0])
        self.downs = nn.ModuleList(Centred(a, b, stride=2) for a, b in pairwise(widths))
        self.whole = nn.Linear(widths[-1], widths[-1])
        self.middle = nn.ModuleList(Normed(widths[-1]) for _ in range(2))
        self.ups = nn.ModuleList(Centred(b, a) for a, b in pairwise(widths))
        self.blocks = nn.ModuleList(Normed(width) for width in widths[:-1])
        self.out = nn.Conv2d(widths[0], 1, 3, padding=1)
        he(self.whole, gain=0.5)
        he(self.out, gain=0.5)

    def forward(self, x: Tensor) -> Tensor:
        h = functional.relu(self.stem(x - MIDDLE))
        skips = []
        for down in self.downs:
            skips.append(h)
            h = functional.relu(down(h))
        h = h + self.whole(h.mean((2, 3)))[:, :, None, None]
        for block in self.middle:
            h = block(h)
        for up, block in zip(reversed(self.ups), reversed(self.blocks), strict=True):
            larger = functional.interpolate(up(h), scale_factor=2.0)
            h = block(functional.relu(larger + skips.pop()))
        return self.out(h)


class Rim(nn.Module):
    """Picture [N, 3, H, W] and matte [N, 1, H, W] → what the matte is off by, [N, 1, H, W]."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        widths = [4, *[width] * (depth - 1)]
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            conv = nn.Conv2d(before, after, 3, padding=1)
            he(conv, slope=SLOPE)
            layers += [conv, nn.PReLU(after, init=SLOPE)]
        self.body = nn.ModuleList(layers)
        self.tail = nn.Conv2d(width, 1, 3, padding=1)
        he(self.tail, gain=0.1)

    def forward(self, x: Tensor, alpha: Tensor) -> Tensor:
        h = torch.cat([x - MIDDLE, alpha.to(x.dtype) - MIDDLE], dim=1)
        for layer in self.body:
            h = layer(h)
        return self.tail(h)


def _resized(x: Tensor, sides: tuple[int, int]) -> Tensor:
    if tuple(x.shape[2:]) == sides:
        return x
    with torch.autocast(x.device.type, enabled=False):
        return functional.interpolate(
            x.float(), sides, mode="bilinear", antialias=True, align_corners=False
        )
