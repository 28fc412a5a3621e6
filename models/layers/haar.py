"""Haar's wavelet (1910) as pooling: four pixels become their mean and three differences, and back.

Nothing is lost: what one half of a network parts, its other half joins again (Yoo et al. 2019).
"""

import torch
from torch import Tensor


def parted(x: Tensor) -> tuple[Tensor, Tensor]:
    """[N, C, H, W], sides even → coarse [N, C, H/2, W/2] and differences [N, 3·C, H/2, W/2]."""
    a, b = x[..., ::2, ::2], x[..., ::2, 1::2]
    c, d = x[..., 1::2, ::2], x[..., 1::2, 1::2]
    across, down, both = (a - b + c - d) / 2, (a + b - c - d) / 2, (a - b - c + d) / 2
    return (a + b + c + d) / 2, torch.cat([across, down, both], dim=1)


def joined(coarse: Tensor, differences: Tensor) -> Tensor:
    """What was parted: [N, C, H, W] of [N, C, H/2, W/2] and [N, 3·C, H/2, W/2]."""
    across, down, both = differences.chunk(3, dim=1)
    quarters = (
        coarse + across + down + both,
        coarse - across + down - both,
        coarse + across - down - both,
        coarse - across - down + both,
    )
    count, channels, height, width = coarse.shape
    whole = torch.stack(quarters, dim=2).view(count, channels, 2, 2, height, width) / 2
    return whole.permute(0, 1, 4, 2, 5, 3).reshape(count, channels, 2 * height, 2 * width)
