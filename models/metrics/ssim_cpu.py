"""Structural similarity on the CPU, in numpy and OpenCV: the fast way to a number.

Torch's threads wait for each other at every small step, which on a busy machine takes twenty
times as long as one thread. The same in torch, for other devices: ssim_torch.
"""

from collections.abc import Iterator

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.metrics.gaussian_window import C1, C2, RADIUS, WINDOW, gaussian

Planes = NDArray[np.float64]

_STRIP_ROWS = 128
_STRIP_PIXELS = 131_072  # more planes at once would fall out of the cache


def strips(a: Tensor, b: Tensor) -> Iterator[tuple[slice, slice, Tensor]]:
    """Yields the planes and rows of the map that each strip [P, rows, W - 10] fills.

    Each plane less its mean, in float64: E[x²] - E[x]² in float32 is off by 3e-5 on pictures of
    flat light and dark areas, by 2e-4 on near-white ones where the mean is left in.
    """
    height, width = a.shape[-2:]
    planes = max(1, _STRIP_PIXELS // (min(height, _STRIP_ROWS) * width))
    for first in range(0, len(a), planes):
        some = slice(first, first + planes)
        x, y = a[some].numpy(), b[some].numpy()
        means = [z.mean(axis=(1, 2), keepdims=True, dtype=np.float64) for z in (x, y)]
        for top in range(0, height - WINDOW + 1, _STRIP_ROWS):
            window = slice(top, top + _STRIP_ROWS + WINDOW - 1)
            maps = _filtered(
                np.subtract(x[:, window], means[0], order="C"),
                np.subtract(y[:, window], means[1], order="C"),
            )
            part = torch.from_numpy(_similarity(maps, *means))
            yield some, slice(top, top + _STRIP_ROWS), part


def _filtered(x: Planes, y: Planes) -> tuple[Planes, ...]:
    """Gaussian means of x, y, x² + y² and x·y, each [P, H - 10, W - 10].

    OpenCV's separable filter: a grouped conv2d of the same is twenty times slower on a CPU.
    """
    kernel, inside = gaussian(), slice(RADIUS, -RADIUS)
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
    similarity = covariance * 2 + C2
    similarity /= variances + C2
    similarity *= x32 * y32 * 2 + C1
    similarity /= x32 * x32 + y32 * y32 + C1
    return similarity
