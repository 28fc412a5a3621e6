"""Structural similarity in torch alone: on any device that has float64, and with gradients."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from models.metrics.gaussian_window import C1, C2, WINDOW, gaussian

_STRIP_PIXELS = 4_194_304  # of all planes of a strip: half a gigabyte of float64 at once


def strips(a: Tensor, b: Tensor) -> Iterator[tuple[slice, slice, Tensor]]:
    """Yields the planes and rows of the map that each strip [P, rows, W - 10] fills.

    In float64, so that E[x²] - E[x]² needs no care.
    """
    height, width = a.shape[-2:]
    rows = max(WINDOW, _STRIP_PIXELS // width)
    planes = max(1, _STRIP_PIXELS // (min(height, rows) * width))
    for first in range(0, len(a), planes):
        some = slice(first, first + planes)
        for top in range(0, height - WINDOW + 1, rows):
            window = slice(top, top + rows + WINDOW - 1)
            part = _similarity(a[some, window].double(), b[some, window].double())
            yield some, slice(top, top + rows), part


def _similarity(x: Tensor, y: Tensor) -> Tensor:
    mean_x, mean_y, energy, product = map(_filtered, (x, y, x * x + y * y, x * y))
    squares = mean_x.square() + mean_y.square()
    means = mean_x * mean_y
    light = (2 * means + C1) / (squares + C1)
    return light * (2 * (product - means) + C2) / (energy - squares + C2)


def _filtered(planes: Tensor) -> Tensor:
    """Gaussian means [P, H - 10, W - 10], one axis after the other."""
    kernel = torch.from_numpy(gaussian()).to(planes.device)
    blurred = functional.conv2d(planes[:, None], kernel.view(1, 1, -1, 1))
    return functional.conv2d(blurred, kernel.view(1, 1, 1, -1))[:, 0]
