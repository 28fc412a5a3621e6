"""How much of the finest detail is missing, as the Gaussian that would explain it."""

import math
from typing import Final

import torch
from torch import Tensor

from models.metrics.luma import luma

_MIDDLE: Final = (0.12, 0.20)
_FINEST: Final = (0.38, 0.50)
"""Bands in cycles a pixel, along any direction."""
_VIEW: Final = 1024
_LEAST: Final = 1e-9


def spectral_fall(image: Tensor, *, noise: float) -> float:
    """Standard deviation in pixels that the power of the finest detail tells, beside the coarser.

    The power of a sharp picture falls about with the square of the frequency (Field 1987), and a
    blur takes exp(-(2πσf)²) of it besides. Sharp photographs and renders are found to have 0.65 at
    most, such as were blurred by 0.8 pixels 0.76 and more. Where noise hides the finest detail it
    is far more than either, which tells nothing.

    Args:
        image: [1, 1 or 3, H, W] in [0, 1], sides of 16 and more; its middle of 1,024 is looked at.
        noise: standard deviation in 8-bit steps, whose power is taken off.

    Returns:
        0 and up; 0 where there is more fine detail than pictures have.
    """
    height, width = image.shape[2:]
    top, left = (max(0, (side - _VIEW) // 2) for side in (height, width))
    power, frequency = _spectrum(luma(image[:, :, top : top + _VIEW, left : left + _VIEW])[0, 0])
    hiss = (noise / 255) ** 2
    middle, finest = (
        max(float(power[(frequency >= low) & (frequency < high)].mean()) - hiss, _LEAST)
        for low, high in (_MIDDLE, _FINEST)
    )
    coarse, fine = (sum(band) / 2 for band in (_MIDDLE, _FINEST))
    lost = math.log(middle / finest) - 2 * math.log(fine / coarse)
    return math.sqrt(max(lost, 0.0) / (fine**2 - coarse**2)) / (2 * math.pi)


def _spectrum(plane: Tensor) -> tuple[Tensor, Tensor]:
    """Power a pixel of [H, W], faded out to its sides, and each one's frequency."""
    height, width = plane.shape
    window = torch.outer(*(torch.hann_window(side, device=plane.device) for side in plane.shape))
    faded = (plane - plane.mean()) * window
    power = torch.fft.rfft2(faded).abs().square() / window.square().sum()
    down = torch.fft.fftfreq(height, device=plane.device)[:, None]
    across = torch.fft.rfftfreq(width, device=plane.device)[None]
    return power, (down.square() + across.square()).sqrt()
