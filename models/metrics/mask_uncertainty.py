"""Share of the mask's edge that is neither product nor ground: a mask unsure of itself."""

import torch
from torch import Tensor

from models.metrics.bare import bare, dressed
from models.metrics.mask import area, edge_band

LIMIT = 0.5
"""Beyond this the mask does not know where the product ends."""

_BAND_PX = 3


def mask_uncertainty(mask: Tensor) -> Tensor:
    """Of the pixels within 3 px of the mask's edge, those with an opacity of 0.05 to 0.95.

    Args:
        mask: [N, 1, H, W] in [0, 1].

    Returns:
        [N] float64; 0 where the mask has no edge.
    """
    band = edge_band(mask, _BAND_PX)
    unsure = dressed((bare(mask) > 0.05) & (bare(mask) < 0.95))
    size = area(band)
    return torch.where(size > 0, area(band, unsure) / size.clamp(min=1), 0.0)
