"""Structural similarity on the CPU, in numpy and OpenCV: the fast way to a number.

Torch's threads wait for each other at every small step, which on a busy machine takes twenty
times as long as one thread. The same in torch, for other devices: ssim_torch.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.metrics import strips
from models.metrics.gaussian_window import C1, C2, RADIUS, WINDOW, gaussian

Planes = NDArray[np.float64]
Maps = NDArray[np.float32]

_STRIP_ROWS = 128
_STRIP_PIXELS = 131_072  # more planes at once would fall out of the cache
_KERNEL = gaussian()


@dataclass(frozen=True, slots=True)
class _Strip:
    """Some rows of the map of some planes, with these means [P, 1, 1] of the images."""

    planes: slice
    rows: slice
    mean_a: Planes
    mean_b: Planes


def whole_map(a: Tensor, b: Tensor) -> Tensor:
    """The map [N, C, H - 10, W - 10] of images [N, C, H, W]; float32."""
    x, y = a.flatten(0, 1).numpy(), b.flatten(0, 1).numpy()
    found = np.empty((len(x), a.shape[2] - WINDOW + 1, a.shape[3] - WINDOW + 1), np.float32)

    def fill(strip: _Strip) -> None:
        found[strip.planes, strip.rows] = _similarity(x, y, strip)

    strips.each(fill, list(_strips(x, y)))
    return torch.from_numpy(found).view(*a.shape[:2], *found.shape[1:])


def sums(a: Tensor, b: Tensor, inside: Tensor | None) -> tuple[Tensor, Tensor]:
    """Sum of each image's map, and where inside [N, 1, H - 10, W - 10] is true: [N] float64."""
    x, y = a.flatten(0, 1).numpy(), b.flatten(0, 1).numpy()
    where = None if inside is None else inside[:, 0].numpy()
    image_of = np.arange(len(x)) // a.shape[1]

    def add(strip: _Strip) -> tuple[Planes, Planes]:
        part = _similarity(x, y, strip)
        total = _sum(part)
        if where is None:
            return total, np.zeros_like(total)
        part *= where[image_of[strip.planes], strip.rows]
        return total, _sum(part)

    chosen = list(_strips(x, y))
    found = np.zeros((2, len(x)))
    for strip, both in zip(chosen, strips.each(add, chosen), strict=True):
        found[:, strip.planes] += both
    whole, region = torch.from_numpy(found).view(2, *a.shape[:2]).sum(dim=2)
    return whole, region


def _strips(x: Maps, y: Maps) -> Iterator[_Strip]:
    height, width = x.shape[1:]
    last = height - WINDOW + 1
    planes = max(1, _STRIP_PIXELS // (min(height, _STRIP_ROWS) * width))
    for first in range(0, len(x), planes):
        some = slice(first, first + planes)
        means = [z[some].mean(axis=(1, 2), keepdims=True, dtype=np.float64) for z in (x, y)]
        for top in range(0, last, _STRIP_ROWS):
            yield _Strip(some, slice(top, min(top + _STRIP_ROWS, last)), *means)


def _similarity(x: Maps, y: Maps, strip: _Strip) -> Maps:
    """The map of a strip, from its images' sum p and difference q.

    With 2·σab = (σp² - σq²) / 2 and σa² + σb² = (σp² + σq²) / 2, and the means alike. Each plane
    less its mean, in float64: E[x²] - E[x]² in float32 is off by 3e-5 on pictures of flat light
    and dark areas, by 2e-4 on near-white ones where the mean is left in. Once these differences
    are taken, float32 is enough.
    """
    window = strip.planes, slice(strip.rows.start, strip.rows.stop + WINDOW - 1)
    one, other = x[window], y[window]
    light, contrast = _moments(
        np.add(one, other, dtype=np.float64, order="C"), strip.mean_a + strip.mean_b
    )
    light_q, contrast_q = _moments(
        np.subtract(one, other, dtype=np.float64, order="C"), strip.mean_a - strip.mean_b
    )
    light += np.float32(2 * C1)
    contrast += np.float32(2 * C2)
    similarity = light - light_q
    similarity *= contrast - contrast_q
    light += light_q
    contrast += contrast_q
    similarity /= np.multiply(light, contrast, out=light)
    return similarity


def _moments(planes: Planes, mean: Planes) -> tuple[Maps, Maps]:
    """The squared Gaussian mean and the Gaussian variance of each window."""
    planes -= mean
    energy, centre = _filtered(planes * planes), _filtered(planes)
    variance = (energy - centre * centre).astype(np.float32)
    light = (centre + mean).astype(np.float32)
    light *= light
    return light, variance


def _filtered(planes: Planes) -> Planes:
    """Gaussian means [P, H - 10, W - 10], in place.

    OpenCV's separable filter: a grouped conv2d of the same is twenty times slower on a CPU.
    """
    for plane in planes:
        cv2.sepFilter2D(plane, -1, _KERNEL, _KERNEL, dst=plane)
    return planes[:, RADIUS:-RADIUS, RADIUS:-RADIUS]


def _sum(part: Maps) -> Planes:
    """Of each plane; rows, a few hundred pixels deep, may sum in float32."""
    return part.sum(axis=1).sum(axis=1, dtype=np.float64)
