"""Steps at the borders of JPEG's blocks of 8 by 8, after Wang, Bovik & Evans (2000)."""

import torch
from torch import Tensor

from models.metrics.luma import luma

_BLOCK = 8


def blockiness(image: Tensor) -> Tensor:
    """How much larger the steps across block borders are than the steps elsewhere.

    Args:
        image: [N, 1 or 3, H, W] in [0, 1] whose blocks start at the upper left corner.

    Returns:
        [N] float64 in 8-bit units: 0 without visible blocks; NaN below 17 pixels.
    """
    grey = luma(image) * 255
    if min(grey.shape[2:]) <= 2 * _BLOCK:
        return torch.full((len(grey),), torch.nan, dtype=torch.float64)
    return (_excess(grey) + _excess(grey.transpose(2, 3))).clamp_min(0) / 2


def _excess(grey: Tensor) -> Tensor:
    steps = grey.diff(dim=3).abs_().mean(dim=(1, 2), dtype=torch.float64)
    border = torch.zeros(steps.shape[1], dtype=torch.bool)
    border[_BLOCK - 1 :: _BLOCK] = True
    return steps[:, border].mean(dim=1) - steps[:, ~border].mean(dim=1)
