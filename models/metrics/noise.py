"""Standard deviation of the noise (Donoho & Johnstone 1994), as scikit-image's estimate_sigma."""

import math

import torch
from torch import Tensor

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
    detail = _details(_details(image, axis=2), axis=3).abs_().flatten(2)
    sigmas = [[_median_of_nonzero(plane) for plane in planes] for planes in detail]
    return torch.tensor(sigmas, dtype=torch.float64).mean(dim=1) * (255 / _NORMAL_MAD)


def _details(image: Tensor, *, axis: int) -> Tensor:
    """The wavelet's high-pass along an axis, every second position, inside the picture only."""
    image = image.transpose(axis, 3)
    size = (image.shape[3] - 4) // 2 + 1
    parts = [image[..., tap : tap + 2 * size : 2] * _WAVELET[tap] for tap in range(4)]
    return (parts[0] + parts[1] + parts[2] + parts[3]).transpose(axis, 3)


def _median_of_nonzero(plane: Tensor) -> float:
    some = plane[plane > _ROUNDING]
    return float(some.median()) if len(some) else 0.0
