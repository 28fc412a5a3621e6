"""Structural similarity (Wang et al. 2004); agrees with scikit-image's Gaussian form to 1e-5."""

import math
from collections.abc import Iterator

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.metrics.mask import erode

Planes = NDArray[np.float64]

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

    In numpy: torch's threads wait for each other at every small step, which on a busy machine
    takes twenty times as long as one thread.
    """
    height, width = a.shape[-2:]
    planes = max(1, _STRIP_PIXELS // (min(height, _STRIP_ROWS) * width))
    for first in range(0, len(a), planes):
        some = slice(first, first + planes)
        x, y = a[some].cpu().numpy(), b[some].cpu().numpy()
        means = [z.mean(axis=(1, 2), keepdims=True, dtype=np.float64) for z in (x, y)]
        for top in range(0, height - WINDOW + 1, _STRIP_ROWS):
            window = slice(top, top + _STRIP_ROWS + WINDOW - 1)
            maps = _filtered(
                np.subtract(x[:, window], means[0], order="C"),
                np.subtract(y[:, window], means[1], order="C"),
            )
            part = torch.from_numpy(_similarity(maps, *means)).to(a.device)
            yield some, slice(top, top + _STRIP_ROWS), part


def _filtered(x: Planes, y: Planes) -> tuple[Planes, ...]:
    """Gaussian means of x, y, x² + y² and x·y, each [P, H - 10, W - 10].

    OpenCV's separable filter: a grouped conv2d of the same is twenty times slower on a CPU.
    """
    kernel, inside = _gaussian(), slice(_RADIUS, -_RADIUS)
    energy = x * x
    energy += y * y
    maps = (x, y, energy, x * y)
    for plane in (plane for planes in maps for plane in planes):
        cv2.sepFilter2D(plane, -1, kernel, kernel, dst=plane)
    return tuple(planes[:, inside, inside] for planes in maps)


def _similarity(maps: tuple[Planes, ...], mean_a: Planes, mean_b: Planes) -> NDArray[np.float32]:
    """The map of a strip; once the differences are taken, float32 is enough."""
    x, y, energy, product = maps
    scratch = x * y
    product -= scratch
    for mean in (x, y):
        energy -= np.multiply(mean, mean, out=scratch)
    covariance, variances = product.astype(np.float32), energy.astype(np.float32)
    x32, y32 = (x + mean_a).astype(np.float32), (y + mean_b).astype(np.float32)
    similarity = covariance * 2 + _C2
    similarity /= variances + _C2
    similarity *= x32 * y32 * 2 + _C1
    similarity /= x32 * x32 + y32 * y32 + _C1
    return similarity


def _gaussian() -> Planes:
    weights = np.exp(-(np.arange(-_RADIUS, _RADIUS + 1) ** 2) / (2 * 1.5**2))
    return weights / weights.sum()
