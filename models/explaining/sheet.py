"""Pictures beside and below each other as one, on white."""

from collections.abc import Sequence

import torch
from torch import Tensor


def sheet(images: Sequence[Tensor], *, columns: int, gap_px: int) -> Tensor:
    """Images [1, C, S, S] of one size, row by row → one [1, C, H, W]; gaps and rests are white."""
    _, channels, height, width = images[0].shape
    rows = -(-len(images) // columns)
    sides = (rows * (height + gap_px) - gap_px, columns * (width + gap_px) - gap_px)
    whole = torch.ones(1, channels, *sides)
    for number, image in enumerate(images):
        row, column = divmod(number, columns)
        top, left = row * (height + gap_px), column * (width + gap_px)
        whole[..., top : top + height, left : left + width] = image
    return whole
