"""Where two images differ, as numbers for every pixel: what the scores take the mean of."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from models.metrics.delta_e import colour_difference
from models.metrics.gaussian_window import RADIUS, WINDOW
from models.metrics.mask import erode, surrounding
from models.metrics.ssim import ssim_map

_STRIP_ROWS = 256
_ERODED_PX = 2
"""As the product's scores: its rim is a mixture of it and its ground."""


@dataclass(frozen=True, slots=True)
class Map:
    """Numbers of pixels.

    Attributes:
        values: [1, 1, H, W]; 0 where there is none.
        known: [1, 1, H, W] in [0, 1], how much of a pixel has one.
    """

    values: Tensor
    known: Tensor

    def within(self, sides: tuple[int, int]) -> "Map":
        """Of this height and width; each pixel has the mean of those that it stands for."""
        if self.values.shape[2:] == sides:
            return self
        known = F.interpolate(self.known, sides, mode="area")
        total = F.interpolate(self.values, sides, mode="area")
        return Map(total / known.clamp_min(torch.finfo(known.dtype).tiny), known)


def structure(a: Tensor, b: Tensor, *, region: Tensor | None = None) -> Map | None:
    """Structural similarity in the window around each pixel, over channels: `ssim` is the mean.

    Args:
        a: [1, 3, H, W] in [0, 1].
        b: the same shape.
        region: [1, 1, H, W], windows that reach out of which count for nothing; None: all.

    Returns:
        None where the images are smaller than a window.
    """
    if min(a.shape[2:]) < WINDOW:
        return None
    values, known = torch.zeros_like(a[:, :1]), torch.zeros_like(a[:, :1])
    whole = torch.ones_like(known) if region is None else region
    cut = (..., *surrounding(whole, least=WINDOW))
    one, other = a[cut], b[cut]
    inner = [
        ssim_map(one[:, :, rows], other[:, :, rows]).mean(dim=1, keepdim=True)
        for rows in _strips(one.shape[2] - 2 * RADIUS, more=2 * RADIUS)
    ]
    middle = (..., slice(RADIUS, -RADIUS), slice(RADIUS, -RADIUS))
    known[cut][middle] = erode(whole[cut], RADIUS)[middle]
    values[cut][middle] = torch.cat(inner, dim=2)
    return Map(values.mul_(known), known)


def colour(a: Tensor, b: Tensor, *, region: Tensor | None = None) -> Map:
    """CIEDE2000 of each pixel; within a region two pixels in from its rim.

    Args:
        a: [1, 3, H, W] sRGB in [0, 1].
        b: the same shape.
        region: [1, 1, H, W]; None: all.
    """
    known = torch.ones_like(a[:, :1]) if region is None else erode(region, _ERODED_PX)
    values = torch.zeros_like(known)
    for rows in _strips(a.shape[2]):
        # What is equal is seen more quickly than computed.
        one, other, into = a[0, :, rows], b[0, :, rows], values[0, 0, rows]
        differs = (one != other).any(dim=0) & (known[0, 0, rows] > 0)
        if bool(differs.any()):
            into[differs] = colour_difference(one[:, differs], other[:, differs])
    return Map(values, known)


def _strips(height: int, *, more: int = 0) -> Iterator[slice]:
    """Rows, so that little is in hand at a time; each strip with so many more below it."""
    for top in range(0, height, _STRIP_ROWS):
        yield slice(top, min(top + _STRIP_ROWS, height) + more)
