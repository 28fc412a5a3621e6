"""The running mean of a network's weights: what is served and measured (Karras et al. 2018)."""

import copy

import torch
from torch import nn

RAMP = 0.05
"""Half-life is at most this share of the images seen, so that a young mean forgets its start."""


class Ema:
    """`module` holds the mean; buffers are copied as they are."""

    def __init__(self, network: nn.Module, *, half_life_images: int) -> None:
        self.module = copy.deepcopy(network).eval().requires_grad_(requires_grad=False)
        self.half_life_images = half_life_images

    @torch.no_grad()
    def update(self, network: nn.Module, *, batch: int, images_seen: int) -> None:
        half_life = max(1.0, min(self.half_life_images, RAMP * images_seen))
        decay = 0.5 ** (batch / half_life)
        for mean, now in zip(self.module.parameters(), network.parameters(), strict=True):
            mean.data.lerp_(now, 1 - decay)
        for kept, current in zip(self.module.buffers(), network.buffers(), strict=True):
            kept.copy_(current)
