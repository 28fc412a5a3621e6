"""How far a picture is out of focus, as the sharpest of its edges tell it (Zhuo & Sim 2011)."""

from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from models.metrics.luma import luma

_CALM: Final = 0.6
"""Standard deviation of what is blurred first of all, against noise; taken out of the answer."""
_AGAIN: Final = 1.0
_EDGES, _SHARPEST = 0.97, 0.8
"""Gradients above this quantile are edges; their ratios are read at that one."""
_VIEW: Final = 1024
_FLAT: Final = 4 / 255


def blur_radius(image: Tensor) -> float:
    """Standard deviation in pixels of the Gaussian that would explain the sharpest edges.

    An edge that was blurred by σ and is blurred by s once more loses a share of its gradient that
    tells σ: R² = (σ² + s²) / σ². A picture of soft things alone looks blurred; so the answer is
    read off its sharpest edges, and errs to too little: 0.15 below the truth at 0.8 to 2 pixels.

    Args:
        image: [1, 1 or 3, H, W] in [0, 1], sides of 16 and more; its middle of 1,024 is looked at.

    Returns:
        0 to 8; 0 where there is no edge.
    """
    height, width = image.shape[2:]
    top, left = (max(0, (side - _VIEW) // 2) for side in (height, width))
    calm = blurred(luma(image[:, :, top : top + _VIEW, left : left + _VIEW]), sigma=_CALM)
    before, after = _gradient(calm), _gradient(blurred(calm, sigma=_AGAIN))
    edge = before >= torch.quantile(
        before.flatten()[:: max(1, before.numel() // 1_000_000)], _EDGES
    )
    edge &= before > _FLAT
    if not bool(edge.any()):
        return 0.0
    sharpest = _quantile(before[edge] / after[edge].clamp(min=1e-6), _SHARPEST)
    left_over = _AGAIN**2 / max(sharpest**2 - 1, 1e-3) - _CALM**2
    return min(max(left_over, 0.0) ** 0.5, 8.0)


def blurred(image: Tensor, *, sigma: float) -> Tensor:
    """[N, C, H, W] through a Gaussian of this deviation in pixels, mirrored at its sides."""
    reach = min(max(1, round(4 * sigma)), min(image.shape[2:]) - 1)
    taps = torch.arange(-reach, reach + 1, dtype=image.dtype, device=image.device)
    kernel = torch.exp(-(taps**2) / (2 * sigma**2))
    kernel = (kernel / kernel.sum()).expand(image.shape[1], 1, 1, -1)
    framed = functional.pad(image, (reach,) * 4, mode="reflect")
    across = functional.conv2d(framed, kernel, groups=image.shape[1])
    return functional.conv2d(across, kernel.transpose(2, 3), groups=image.shape[1])


def _gradient(plane: Tensor) -> Tensor:
    across = plane[..., 1:-1, 2:] - plane[..., 1:-1, :-2]
    down = plane[..., 2:, 1:-1] - plane[..., :-2, 1:-1]
    return (across**2 + down**2).sqrt()


def _quantile(values: Tensor, share: float) -> float:
    """Of a million of them at most, which is as many as torch takes in good time."""
    return float(torch.quantile(values.flatten()[:: max(1, values.numel() // 1_000_000)], share))
