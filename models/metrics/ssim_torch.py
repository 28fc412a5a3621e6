"""Structural similarity in torch alone: on any device that has float64, and with gradients."""

from collections.abc import Iterator
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from models.metrics.gaussian_window import C1, C2, WINDOW, gaussian

_STRIP_PIXELS = 4_194_304  # of all planes of a strip: half a gigabyte of float64 at once


def whole_map(a: Tensor, b: Tensor) -> Tensor:
    """The map [N, C, H - 10, W - 10] of images [N, C, H, W]; of their dtype."""
    x, y = a.flatten(0, 1), b.flatten(0, 1)
    whole = x.new_empty((len(x), a.shape[2] - WINDOW + 1, a.shape[3] - WINDOW + 1))
    for planes, rows, part in _strips(x, y):
        whole[planes, rows] = part.to(whole.dtype)
    return whole.view(*a.shape[:2], *whole.shape[1:])


def sums(a: Tensor, b: Tensor, inside: Tensor | None) -> tuple[Tensor, Tensor]:
    """Sum of each image's map, and where inside [N, 1, H - 10, W - 10] is true: [N] float64."""
    where = None if inside is None else inside.expand(-1, a.shape[1], -1, -1).flatten(0, 1)
    found = torch.zeros(2, len(a) * a.shape[1], dtype=torch.float64, device=a.device)
    for planes, rows, part in _strips(a.flatten(0, 1), b.flatten(0, 1)):
        found[0, planes] += part.sum(dim=(1, 2))
        if where is not None:
            found[1, planes] += torch.where(where[planes, rows], part, 0).sum(dim=(1, 2))
    whole, region = found.view(2, *a.shape[:2]).sum(dim=2)
    return whole, region


def _strips(a: Tensor, b: Tensor) -> Iterator[tuple[slice, slice, Tensor]]:
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
    kernel = _kernel(planes.device)
    blurred = functional.conv2d(planes[:, None], kernel.view(1, 1, -1, 1))
    return functional.conv2d(blurred, kernel.view(1, 1, 1, -1))[:, 0]


@cache
def _kernel(device: torch.device) -> Tensor:
    with torch.inference_mode(mode=False):  # or no gradient could ever pass through it
        return torch.from_numpy(gaussian()).to(device)
