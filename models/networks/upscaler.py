"""Enlarges pictures: a compact stack of convolutions (SRVGGNetCompact, Wang et al. 2021).

x [N, 3, H, W] in [0, 1] → [N, 3, H·scale, W·scale] in [0, 1]; 0.175 M for ×2. What the stack
says is added to bicubic (a = -0.5, as Pillow's), so an untrained network is bicubic. Its tensors
have the names of SRVGGNetCompact's, whose skip is nearest instead. No global pooling and no norm,
so tiles that overlap by the margin give exactly what the whole picture gives.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.layers.initial import he
from models.layers.tiling import Tiling
from models.networks.restoring import Enlarges

SCALES = (2, 4)
SLOPE = 0.25


@dataclass(frozen=True, slots=True)
class UpscalerConfig:
    scale: int = 2
    channels: int = 3
    width: int = 48
    depth: int = 8

    @property
    def tiling(self) -> Tiling:
        """A pixel sees one further with each convolution."""
        return Tiling(multiple=1, margin=self.depth + 2)


class Upscaler(Enlarges):
    """All work at the small size; the last convolution holds the pixels of the large one."""

    parts: Mapping[str, tuple[str, ...]]

    def __init__(self, config: UpscalerConfig) -> None:
        super().__init__()
        if config.scale not in SCALES:
            raise ValueError(f"expected a scale of 2 or 4, got {config.scale}")
        self.config = config
        self.channels = config.channels
        self.scale = config.scale
        self.tiling = config.tiling
        widths = [config.channels, *[config.width] * (config.depth + 1)]
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Conv2d(before, after, 3, padding=1), nn.PReLU(after, init=SLOPE)]
        pixels = config.channels * config.scale**2
        self.body = nn.ModuleList([*layers, nn.Conv2d(config.width, pixels, 3, padding=1)])
        *stack, tail = (f"body.{number}" for number in range(len(self.body)))
        self.parts = {"stack": tuple(stack), "tail": (tail,)}
        self.init_weights()

    def init_weights(self) -> None:
        """PyTorch's own start never leaves bicubic: with it this very stack learns nothing."""
        *stack, tail = (layer for layer in self.body if isinstance(layer, nn.Conv2d))
        for layer in stack:
            he(layer, slope=SLOPE)
        he(tail, gain=0.0)

    def forward(self, x: Tensor) -> Tensor:
        """The estimate as it is, unclipped: what the loss is told."""
        h = x
        for layer in self.body:
            h = layer(h)
        return functional.pixel_shuffle(h, self.config.scale).float() + self._bicubic(x)

    def _bicubic(self, x: Tensor) -> Tensor:
        """With antialias=True PyTorch takes a = -0.5; without, a = -0.75, which nobody reports."""
        size = [side * self.config.scale for side in x.shape[2:]]
        with torch.autocast(x.device.type, enabled=False):
            return functional.interpolate(x.float(), size, mode="bicubic", antialias=True)
