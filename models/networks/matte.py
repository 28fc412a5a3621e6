"""How far the product covers each pixel, from the picture alone: coarse first, then the rim.

A U-Net (Ronneberger et al. 2015) sees the whole picture in 32 by 32 pixels; a refiner that sees
nine pixels far doubles what it says until it is as large as the picture, each time with the
picture of that size beside it. The plan is that of MODNet (Ke et al. 2022), without its backbone.

x [N, 3, H, W] in [0, 1] → [N, 1, H, W] in [0, 1]; 1.9 M, of which the refiner has 15 thousand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.layers.initial import he
from models.layers.residual import Smooth

MIDDLE = 0.5
SLOPE = 0.25


@dataclass(frozen=True, slots=True)
class MatteConfig:
    """`view` is the side of what the coarse half sees, a multiple of eight.

    `levels` are the channels of its grids, each half as large as the one before.
    """

    view: int = 32
    levels: tuple[int, ...] = (32, 64, 128, 160)
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
            larger = functional.interpolate(alpha, sides, mode="bilinear", align_corners=False)
            alpha = larger + self.rim(_resized(x, sides), larger).float()
        return alpha, logits

    def matte(self, x: Tensor) -> Tensor:
        """The door: [N, 3, H, W] in [0, 1] → how far the product covers, [N, 1, H, W] in [0, 1]."""
        alpha, _ = self(x)
        return alpha.clamp(0, 1)

    def _sides(self, x: Tensor) -> list[tuple[int, int]]:
        """From at most twice the view on, each time twice as large, to the picture's own."""
        height, width = x.shape[2:]
        sides = [(height, width)]
        while max(sides[0]) > 2 * self.config.view:
            sides.insert(0, (-(-sides[0][0] // 2), -(-sides[0][1] // 2)))
        return sides


class Coarse(nn.Module):
    """[N, 3, V, V] → logits [N, 1, V, V]; what the whole picture is like is told everywhere."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, widths[0], 3, padding=1)
        self.downs = nn.ModuleList(
            nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in pairwise(widths)
        )
        self.whole = nn.Linear(widths[-1], widths[-1])
        self.middle = nn.ModuleList(Smooth(widths[-1]) for _ in range(2))
        self.ups = nn.ModuleList(nn.Conv2d(b, a, 3, padding=1) for a, b in pairwise(widths))
        self.blocks = nn.ModuleList(Smooth(width) for width in widths[:-1])
        self.out = nn.Conv2d(widths[0], 1, 3, padding=1)
        self.init_weights()

    def init_weights(self) -> None:
        he(self.stem)
        for layer in (*self.downs, *self.ups):
            if isinstance(layer, nn.Conv2d):
                he(layer)
        he(self.whole, gain=0.5)
        he(self.out, gain=0.5)

    def forward(self, x: Tensor) -> Tensor:
        h = self.stem(x - MIDDLE)
        skips = []
        for down in self.downs:
            skips.append(h)
            h = down(functional.silu(h))
        h = h + self.whole(h.mean((2, 3)))[:, :, None, None]
        for block in self.middle:
            h = block(h)
        for up, block in zip(reversed(self.ups), reversed(self.blocks), strict=True):
            h = block(
                functional.interpolate(up(functional.silu(h)), scale_factor=2.0) + skips.pop()
            )
        return self.out(functional.silu(h))


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
