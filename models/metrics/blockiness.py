"""Steps at the borders of JPEG's blocks of 8 by 8, after Wang, Bovik & Evans (2000)."""

import cv2
import torch
from torch import Tensor

from models.metrics.bare import is_plain
from models.metrics.luma import luma

_BLOCK = 8


def blockiness(image: Tensor) -> Tensor:
    """How much larger the steps across block borders are than the steps elsewhere.

    Args:
        image: [N, 1 or 3, H, W] in [0, 1] whose blocks start at the upper left corner.

    Returns:
        [N] float64 in 8-bit units: 0 without visible blocks; NaN below 17 pixels.
    """
    grey = luma(image)[:, 0]
    if min(grey.shape[1:]) <= 2 * _BLOCK:
        return torch.full((len(grey),), torch.nan, dtype=torch.float64, device=grey.device)
    steps = _steps_by_opencv if is_plain(grey) else _steps_by_torch
    found = _excess(steps(grey, axis=1)) + _excess(steps(grey, axis=2))
    return found.clamp_min(0) / 2 * 255


def _excess(steps: Tensor) -> Tensor:
    border = torch.arange(1, steps.shape[1] + 1, device=steps.device) % _BLOCK == 0
    weights = border.double() / border.sum() - (~border).double() / (~border).sum()
    return steps @ weights


def _steps_by_opencv(grey: Tensor, *, axis: int) -> Tensor:
    """How far neighbours along an axis are apart on average, at each position: [N, size - 1]."""
    length = grey.shape[axis] - 1
    before, after = (grey.narrow(axis, start, length).numpy() for start in range(2))
    sums = [
        cv2.reduce(cv2.absdiff(x, y), 2 - axis, cv2.REDUCE_SUM, dtype=cv2.CV_64F).ravel()
        for x, y in zip(before, after, strict=True)
    ]
    return torch.stack([torch.from_numpy(one) for one in sums]) / grey.shape[3 - axis]


def _steps_by_torch(grey: Tensor, *, axis: int) -> Tensor:
    return grey.diff(dim=axis).abs_().mean(dim=3 - axis, dtype=torch.float64)
