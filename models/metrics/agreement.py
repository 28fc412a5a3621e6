"""Agreement of two masks (Jaccard 1912): intersection over union."""

import torch
from torch import Tensor

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
    inside_a, inside_b = a > threshold, b > threshold
    both = (inside_a & inside_b).sum(dim=(1, 2, 3)).double()
    either = (inside_a | inside_b).sum(dim=(1, 2, 3)).double()
    return torch.where(either > 0, both / either, 1.0)
