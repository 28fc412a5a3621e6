"""Structural similarity (Wang et al. 2004); agrees with scikit-image's Gaussian form to 1e-5."""

import math
from collections.abc import Iterator

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.metrics.mask import erode

WINDOW = 11
_RADIUS = WINDOW // 2
_C1, _C2 = 0.01**2, 0.03**2
_STRIP_ROWS = 128
_STRIP_PIXELS = 131_072  # more planes at once would fall out of the cache


class TooSmall(ValueError):
    """An image smaller than the 11-pixel window has no structural similarity."""


def ssim(a: Tensor, b: Tensor) -> Tensor:
    """Mean structural similarity over channels and the interior.

    The same number as `structural_similarity(channel_axis=-1, data_range=1, gaussian_weights=True,
    sigma=1.5, use_sample_covariance=False)`.

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
    inside = erode(mask, _RADIUS)[..., _RADIUS:-_RADIUS, _RADIUS:-_RADIUS].expand_as(found)
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
    """Yields the planes and rows of the map that each strip [P, rows, W - 10] fills.

    Each plane less its mean, in float64: E[x²] - E[x]² in float32 is off by 3e-5 on pictures of
    flat light and dark areas, by 2e-4 on near-white ones where the mean is left in.
    """
    height, width = a.shape[-2:]
    planes = max(1, _STRIP_PIXELS // (min(height, _STRIP_ROWS) * width))
    for first in range(0, len(a), planes):
        some = slice(first, first + planes)
        x, y = a[some].cpu(), b[some].cpu()
        means = [z.mean(dim=(1, 2), keepdim=True, dtype=torch.float64) for z in (x, y)]
        for top in range(0, height - WINDOW + 1, _STRIP_ROWS):
            window = slice(top, top + _STRIP_ROWS + WINDOW - 1)
            maps = _filtered(x[:, window] - means[0], y[:, window] - means[1])
            yield some, slice(top, top + _STRIP_ROWS), _similarity(maps, *means).to(a.device)


def _filtered(x: Tensor, y: Tensor) -> Tensor:
    """Gaussian means of x, y, x² + y² and x·y: [4, P, H - 10, W - 10].

    OpenCV's separable filter: a grouped conv2d of the same is twenty times slower on a CPU.
    """
    maps = torch.stack((x, y, x.square().add_(y.square()), x * y))
    kernel, inside = _gaussian(), slice(_RADIUS, -_RADIUS)
    for plane in maps.flatten(0, 1).numpy():
        cv2.sepFilter2D(plane, -1, kernel, kernel, dst=plane)
    return maps[..., inside, inside]


def _similarity(maps: Tensor, mean_a: Tensor, mean_b: Tensor) -> Tensor:
    x, y, energy, product = maps
    covariance = product.addcmul_(x, y, value=-1)
    variances = energy.addcmul_(x, x, value=-1).addcmul_(y, y, value=-1)
    structure = covariance.mul_(2).add_(_C2).div_(variances.add_(_C2))
    x, y = x.add_(mean_a), y.add_(mean_b)
    luminance = (x * y).mul_(2).add_(_C1).div_(x.square_().addcmul_(y, y).add_(_C1))
    return structure.mul_(luminance)


def _gaussian() -> NDArray[np.float64]:
    weights = np.exp(-(np.arange(-_RADIUS, _RADIUS + 1) ** 2) / (2 * 1.5**2))
    return weights / weights.sum()
