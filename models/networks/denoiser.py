"""Removes noise, JPEG or blur of a told strength: a small DRUNet (Zhang et al. 2021), bias-free.

x [N, 3, H, W] in [0, 1] (noise may leave the range), H and W multiples of 8; sigma [N] in 8-bit
units, 0 to 75 (of JPEG 100 − quality, of blur 20 × its radius) → [N, 3, H, W] in [0, 1]; 1.07 M.
No global pooling and no norm, so tiles that
overlap by the margin give exactly what the whole picture gives.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn

from models.layers.initial import orthogonal
from models.layers.residual import Plain
from models.layers.tiling import Tiling
from models.networks.restoring import Denoises, Takes

WIDTHS = (24, 48, 96, 160)
TAKES: Mapping[str, Takes] = {"denoiser": "noise", "deblocker": "jpeg", "deblurrer": "blur"}
"""What a network of this plan takes away, by the name that its cards have."""


@dataclass(frozen=True, slots=True)
class DenoiserConfig:
    channels: int = 3
    widths: tuple[int, ...] = WIDTHS
    takes: Takes = "noise"


class Denoiser(Denoises):
    """A U-net of one residual block a scale; predicts the noise and takes it away."""

    parts: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "encoder": ("head", "before", "down"),
        "body": ("body",),
        "decoder": ("up", "after", "tail"),
    }
    tiling: ClassVar[Tiling] = Tiling(multiple=8, margin=56)

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        self.config = config
        self.channels = config.channels
        self.takes = config.takes
        widths = tuple(config.widths)
        self.head = nn.Conv2d(config.channels + 1, widths[0], 3, padding=1, bias=False)
        self.before = nn.ModuleList(Plain(width) for width in widths[:-1])
        self.down = nn.ModuleList(
            nn.Conv2d(a, b, 2, stride=2, bias=False) for a, b in pairwise(widths)
        )
        self.body = Plain(widths[-1])
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(b, a, 2, stride=2, bias=False) for a, b in pairwise(widths)
        )
        self.after = nn.ModuleList(Plain(width) for width in widths[:-1])
        self.tail = nn.Conv2d(widths[0], config.channels, 3, padding=1, bias=False)
        self.init_weights()

    def init_weights(self) -> None:
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                orthogonal(layer, gain=0.5)

    def forward(self, x: Tensor, sigma: Tensor) -> Tensor:
        """The estimate as it is, unclipped: what the loss is told."""
        strength = (sigma / 255)[:, None, None, None].expand(-1, 1, *x.shape[2:])
        h = self.head(torch.cat([x, strength.to(x.dtype)], dim=1))
        kept = []
        for block, down in zip(self.before, self.down, strict=True):
            h = block(h)
            kept.append(h)
            h = down(h)
        h = self.body(h)
        for block, up in zip(reversed(self.after), reversed(self.up), strict=True):
            h = block(up(h) + kept.pop())
        return x - self.tail(h).float()
