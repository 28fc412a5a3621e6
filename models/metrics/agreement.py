"""Agreement of two masks (Jaccard 1912): intersection over union."""

import torch
from torch import Tensor

from models.metrics.bare import bare, dressed
from models.metrics.mask import area

LIMIT = 0.9
"""Below this, two methods see two products, and neither proves anything."""


def iou(a: Tensor, b: Tensor, *, threshold: float = 0.5) -> Tensor:
    """Share of the pixels in either mask that are in both.

    Args:
        a: [N, 1, H, W] in [0, 1].
        b: the same shape.
        threshold: what is above it counts as inside.

    Returns:
        [N] float64; 1 where both are empty.
    """
    if a.shape != b.shape or a.ndim != 4:
        raise ValueError(f"expected two equal [N, 1, H, W], got {tuple(a.shape)}, {tuple(b.shape)}")
    inside_a, inside_b = (dressed(bare(mask) > threshold) for mask in (a, b))
    both = area(inside_a, inside_b)
    either = area(inside_a) + area(inside_b) - both
    return torch.where(either > 0, both / either, 1.0)
