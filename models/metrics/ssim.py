"""Structural similarity (Wang et al. 2004); agrees with scikit-image's Gaussian form to 1e-5."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from models.metrics import ssim_cpu, ssim_torch
from models.metrics.gaussian_window import RADIUS, WINDOW
from models.metrics.mask import erode


class TooSmall(ValueError):
    """An image smaller than the 11-pixel window has no structural similarity."""


def ssim(a: Tensor, b: Tensor) -> Tensor:
    """Mean structural similarity over channels and the interior.

    The same number as `structural_similarity(channel_axis=-1, data_range=1, gaussian_weights=True,
    sigma=1.5, use_sample_covariance=False)`; computed where the images lie, and with a gradient
    where they ask for one.

    Args:
        a: [N, C, H, W] in [0, 1].
        b: the same shape.

    Returns:
        [N] float64.
    """
    planes_a, planes_b = _planes(a, b)
    sums = torch.zeros(len(planes_a), dtype=torch.float64, device=a.device)
    for planes, _, part in _strips(planes_a, planes_b):
        sums[planes] += part.sum(dim=(1, 2), dtype=torch.float64)
    return sums.view(a.shape[:2]).mean(dim=1) / math.prod(_interior(a))


def ssim_map(a: Tensor, b: Tensor) -> Tensor:
    """Structural similarity of every window: [N, C, H - 10, W - 10]."""
    planes_a, planes_b = _planes(a, b)
    whole = planes_a.new_empty((len(planes_a), *_interior(a)))
    for planes, rows, part in _strips(planes_a, planes_b):
        whole[planes, rows] = part
    return whole.view(*a.shape[:2], *_interior(a))


def region_ssim(a: Tensor, b: Tensor, *, mask: Tensor) -> Tensor:
    """Mean over the windows that lie wholly in the mask, so that nothing outside leaks in.

    Args:
        a: [N, C, H, W] in [0, 1].
        b: the same shape.
        mask: [N, 1, H, W]; above one half is inside.

    Returns:
        [N] float64; NaN where no window fits.
    """
    found = ssim_map(a, b)
    inside = erode(mask, RADIUS)[..., RADIUS:-RADIUS, RADIUS:-RADIUS].expand_as(found)
    total = torch.where(inside > 0.5, found, 0).double().sum(dim=(1, 2, 3))
    return total / (inside > 0.5).sum(dim=(1, 2, 3))


def _interior(image: Tensor) -> tuple[int, int]:
    return image.shape[-2] - WINDOW + 1, image.shape[-1] - WINDOW + 1


def _planes(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    if a.shape != b.shape or a.ndim != 4:
        raise ValueError(f"expected two equal [N, C, H, W], got {tuple(a.shape)}, {tuple(b.shape)}")
    if min(a.shape[-2:]) < WINDOW:
        raise TooSmall(f"a side of at least {WINDOW} pixels is needed, got {tuple(a.shape[-2:])}")
    return a.flatten(0, 1), b.flatten(0, 1)


def _strips(a: Tensor, b: Tensor) -> Iterator[tuple[slice, slice, Tensor]]:
    """Yields the planes and rows of the map that each strip [P, rows, W - 10] fills."""
    plain = a.device.type == "cpu" and not (a.requires_grad or b.requires_grad)
    return ssim_cpu.strips(a, b) if plain else ssim_torch.strips(a, b)
