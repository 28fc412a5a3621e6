"""Masks made smaller, so that a score leaves out the uncertain rim."""

import torch.nn.functional as F
from torch import Tensor


def erode(mask: Tensor, pixels: int) -> Tensor:
    """The part of a mask that lies at least `pixels` + 1 inside it.

    Pixels beyond the picture count as inside: a product cut by the frame keeps its frame side.

    Args:
        mask: [N, 1, H, W]; above one half is inside.
        pixels: how far, as half the side of a square; 0 only makes it binary.

    Returns:
        [N, 1, H, W] float32 of 0 and 1.
    """
    outside = (mask <= 0.5).float()
    for kernel, padding in (((1, 2 * pixels + 1), (0, pixels)), ((2 * pixels + 1, 1), (pixels, 0))):
        outside = F.max_pool2d(outside, kernel, stride=1, padding=padding)
    return 1 - outside
