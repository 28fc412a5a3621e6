"""How far from the true place a told way takes a garment's points, where there are clothes."""

import torch
from torch import Tensor

from models.warping.frames import SIDE, dense

WIDTH_PX = 192
"""CP-VTON's pictures are so wide: errors are told for these."""


def error_px(told: Tensor, true: Tensor, places: Tensor, *, width_px: float = WIDTH_PX) -> Tensor:
    """[N] means over the clothes, in pixels of a frame that is `width_px` a side.

    Args:
        told: [N, 25, 2], as a warp network tells it.
        true: [N, 25, 2].
        places: [N, 1, S, S], where the clothes are.
        width_px: 1 gives shares of a side.
    """
    off = (dense(SIDE) @ (told - true)).norm(dim=-1) * width_px / 2
    there = (places > 0.5).flatten(1)
    return (off * there).sum(1) / there.sum(1).clamp_min(1)


def overlap(coverage: Tensor, places: Tensor) -> Tensor:
    """[N], intersection over union of two masks [N, 1, S, S], each where more than half is."""
    ours, theirs = coverage > 0.5, places > 0.5
    shared = (ours & theirs).flatten(1).sum(1).double()
    joint = (ours | theirs).flatten(1).sum(1).double()
    return torch.where(joint > 0, shared / joint.clamp(min=1), 1.0)
