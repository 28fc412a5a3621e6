"""Masks made smaller, so that a score leaves out the uncertain rim."""

from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from models.metrics.bare import bare, dressed, is_plain


def erode(mask: Tensor, pixels: int) -> Tensor:
    """The part of a mask that lies at least `pixels` + 1 inside it.

    Pixels beyond the picture count as inside: a product cut by the frame keeps its frame side.

    Args:
        mask: [N, 1, H, W]; above one half is inside.
        pixels: how far, as half the side of a square; 0 only makes it binary.

    Returns:
        [N, 1, H, W] float32 of 0 and 1.
    """
    if is_plain(mask):
        return _eroded_cpu(mask.numpy(), pixels)
    outside = (mask <= 0.5).float()
    for kernel, padding in (((1, 2 * pixels + 1), (0, pixels)), ((2 * pixels + 1, 1), (pixels, 0))):
        outside = F.max_pool2d(outside, kernel, stride=1, padding=padding)
    return 1 - outside


def inside(mask: Tensor) -> Tensor:
    """Where a mask is above one half: bool, of its shape."""
    return dressed(bare(mask) > 0.5)


def edge_band(mask: Tensor, pixels: int) -> Tensor:
    """Where the edge of a mask is at most so many pixels away: [N, 1, H, W] of bool."""
    other = dressed(1 - bare(mask))
    return dressed(bare(erode(mask, pixels)) + bare(erode(other, pixels)) < 0.5)


def area(*masks: Tensor) -> Tensor:
    """How many pixels of each image are true in all masks [N, 1, H, W] of bool: [N] float64."""
    some: Any = bare(masks[0])
    for mask in masks[1:]:
        some = some & bare(mask)
    if isinstance(some, Tensor):
        return some.sum(dim=(1, 2, 3)).double()
    return torch.tensor([np.count_nonzero(one) for one in some], dtype=torch.float64)


def surrounding(mask: Tensor, *, least: int) -> tuple[slice, slice]:
    """Rows and columns that hold all that is inside a mask, at least so many of each.

    Found on the CPU only: on another device it would have to be waited for, so there it is all.
    """
    height, width = mask.shape[-2:]
    if not is_plain(mask):
        return slice(0, height), slice(0, width)
    some: Any = bare(inside(mask))
    rows, columns = some.any(axis=(0, 1, 3)), some.any(axis=(0, 1, 2))
    return _span(rows, least=least), _span(columns, least=least)


def _eroded_cpu(mask: NDArray[np.float32], pixels: int) -> Tensor:
    square = np.ones((2 * pixels + 1, 2 * pixels + 1), np.uint8)
    found = np.empty(mask.shape, np.float32)
    for one, into in zip(mask, found, strict=True):
        into[0] = cv2.erode((one[0] > 0.5).view(np.uint8), square)
    return torch.from_numpy(found)


def _span(some: NDArray[np.bool_], *, least: int) -> slice:
    found = np.flatnonzero(some)
    first, end = (int(found[0]), int(found[-1]) + 1) if len(found) else (0, 0)
    first = max(0, min(first, len(some) - least))
    return slice(first, max(end, first + least))
