"""Difference from the expected composite at the product's edge: halos."""

import torch
from torch import Tensor

from models.metrics.differences import summed
from models.metrics.mask import area, edge_band

_BAND_PX = 3


def edge_band_diff(output: Tensor, expected: Tensor, mask: Tensor) -> Tensor:
    """Mean absolute difference within 3 px of the mask's edge, in 8-bit units.

    Args:
        output: [N, 3, H, W] in [0, 1].
        expected: the same shape.
        mask: [N, 1, H, W] in [0, 1].

    Returns:
        [N] float64; nan where the mask has no edge.
    """
    band = edge_band(mask, _BAND_PX)
    size = area(band) * output.shape[1]
    difference = summed(output, expected, power=1, where=band)
    return torch.where(size > 0, difference / size * 255, torch.nan)
