"""How far two images are apart, added up inside a mask: what PSNR and halos are made of."""

from typing import Literal

import cv2
import numpy as np
import torch
from torch import Tensor

from models.metrics.bare import is_plain

_NORMS = {1: cv2.NORM_L1, 2: cv2.NORM_L2SQR}


def summed(a: Tensor, b: Tensor, *, power: Literal[1, 2], where: Tensor | None = None) -> Tensor:
    """Sum of |a - b| or (a - b)².

    Args:
        a: [N, C, H, W].
        b: the same shape.
        power: of each difference.
        where: [N, 1, H, W] of bool; only pixels where it is true count.

    Returns:
        [N] float64.
    """
    if is_plain(a, b) and a.dtype == b.dtype:
        return _by_opencv(a, b, _NORMS[power], where).sum(dim=1)
    apart = (a - b).abs() if power == 1 else (a - b).square()
    if where is not None:
        apart = torch.where(where, apart, 0)
    return apart.sum(dim=(1, 2, 3), dtype=torch.float64)


def largest(a: Tensor, b: Tensor, *, where: Tensor) -> Tensor:
    """The largest |a - b| where it counts, 0 where nothing does: [N]; shapes as in `summed`."""
    if is_plain(a, b) and a.dtype == b.dtype:
        return _by_opencv(a, b, cv2.NORM_INF, where).amax(dim=1)
    return torch.where(where, (a - b).abs(), 0).amax(dim=(1, 2, 3)).double()


def _by_opencv(a: Tensor, b: Tensor, norm: int, where: Tensor | None) -> Tensor:
    """In one pass without a copy, added in double precision: [N, C]."""
    found = np.empty(a.shape[:2])
    for n in range(len(a)):
        counts = None if where is None else where[n, 0].numpy().view(np.uint8)
        for c in range(a.shape[1]):
            found[n, c] = cv2.norm(a[n, c].numpy(), b[n, c].numpy(), norm, counts)
    return torch.from_numpy(found)
