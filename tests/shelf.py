"""Made-up products of three categories: pictures whose looks are drawn, and a judge that sees them.

A category is a brightness; a product's look is four numbers, the brightness of its quarters.
"""

import torch
from torch import Generator, Tensor
from torch.nn import functional

from models.data.image_set import Part
from models.evaluation.judge import Judge

CATEGORIES = 3
GREYS = torch.tensor([60.0, 120, 180])
VARIETY = 12.0


def drawn(each: int, *, seed: int, variety: float = VARIETY) -> Part:
    """As many pictures of each category, uint8 [N, 1, 8, 8]."""
    chance = Generator().manual_seed(seed)
    labels = torch.arange(CATEGORIES).repeat_interleave(each)
    quarters = torch.randn(len(labels), 1, 2, 2, generator=chance) * variety
    looks = functional.interpolate(quarters, scale_factor=4) + GREYS[labels].view(-1, 1, 1, 1)
    grain = torch.randn(looks.shape, generator=chance)
    return Part((looks + grain).clamp(0, 255).round().byte(), labels)


def features(images: Tensor) -> Tensor:
    """Images [N, 1, 8, 8] in [0, 1] → their looks [N, 4]."""
    return functional.avg_pool2d(images, 4).flatten(1)


def logits(images: Tensor) -> Tensor:
    """The same → [N, 3], the higher the nearer to the category's brightness."""
    return -(images.mean((1, 2, 3))[:, None] - GREYS / 255).abs()


JUDGE = Judge("shelf", features, logits)
