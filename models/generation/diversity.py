"""How much pictures differ from each other: a generator that collapsed draws one picture only."""

import torch
from torch import Tensor

from models.metrics.ssim import TooSmall, ssim

MAX_PAIRS = 256


def diversity(images: Tensor) -> float | None:
    """Mean of 1 - SSIM over pairs of [N, C, H, W]; None for fewer than two, or below 11 pixels."""
    pairs = torch.combinations(torch.arange(len(images)))
    if not len(pairs):
        return None
    chosen = pairs[torch.linspace(0, len(pairs) - 1, min(MAX_PAIRS, len(pairs))).long()]
    try:
        return 1 - ssim(images[chosen[:, 0]], images[chosen[:, 1]]).mean().item()
    except TooSmall:
        return None
