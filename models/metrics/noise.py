"""Standard deviation of the noise (Donoho & Johnstone 1994), as scikit-image's estimate_sigma."""

import math
from typing import Any

import torch
from torch import Tensor

from models.metrics.bare import bare, dressed
from models.metrics.rank import smallest

_NORMAL_MAD = 0.6744897501960817  # median of |x| of a standard normal
_ROOT3 = math.sqrt(3)
_WAVELET = [x / (4 * math.sqrt(2)) for x in (1 - _ROOT3, _ROOT3 - 3, 3 + _ROOT3, -1 - _ROOT3)]
_ROUNDING = 1e-6


def noise_sigma(image: Tensor) -> Tensor:
    """Noise of each image in 8-bit units, the mean of its channels.

    The median of the finest diagonal coefficients of the Daubechies-2 wavelet. Those that are
    zero are left out, as a flat area (pure white around a product) holds no noise to see.

    Args:
        image: [N, C, H, W] in [0, 1], sides of 4 and more.

    Returns:
        [N] float64.
    """
    sigmas = [_median_of_nonzero(_details(bare(plane))) for plane in image.flatten(0, 1)]
    return torch.stack(sigmas).view(image.shape[:2]).mean(dim=1) * (255 / _NORMAL_MAD)


def _details(plane: Any) -> Tensor:
    """The wavelet's high-pass along both axes, every second position, inside the picture only."""
    for _ in range(2):
        size = (len(plane) - 4) // 2 + 1
        parts = [plane[tap : tap + 2 * size : 2] * _WAVELET[tap] for tap in range(4)]
        plane = (parts[0] + parts[1] + parts[2] + parts[3]).T
    return dressed(abs(plane)).flatten()


def _median_of_nonzero(details: Tensor) -> Tensor:
    """0 where all are."""
    keep = dressed(bare(details) > _ROUNDING)
    return smallest(details, share=0.5, keep=keep).nan_to_num(0.0)
