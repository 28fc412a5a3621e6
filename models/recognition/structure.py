"""How a picture is built, whatever its colours: where edges run, and where it is light and dark.

Histograms of oriented gradients (Dalal & Triggs 2005) of sixteen soft cells, and the picture as
16 × 16 fields of grey. No network: what a codec, another size, another hue or a small crop leaves
as it is.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from models.data.image_set import fitted

SIDE_PX, CELLS, ANGLES, FIELDS = 64, 4, 8, 16
_LEAST = 1e-2
"""Below it is rounding, which no length may be made of."""
DIMENSION = CELLS * CELLS * ANGLES + FIELDS * FIELDS


def structure(images: Tensor) -> tuple[Tensor, Tensor]:
    """[N, 3, H, W] in [0, 1] → edges [N, 128], fields [N, 256]; of length one, or zero if flat."""
    grey = fitted(images, size=SIDE_PX, channels=1)
    return _of_length_one(_edges(grey)), _of_length_one(_fields(grey))


def _edges(grey: Tensor) -> Tensor:
    """How much of each direction there is around the middle of each cell, as roots.

    Else one strong edge would outshout all others.
    """
    x = functional.pad(grey, (1, 1, 1, 1), mode="replicate")
    across = x[..., 1:-1, 2:] - x[..., 1:-1, :-2]
    down = x[..., 2:, 1:-1] - x[..., :-2, 1:-1]
    angle = torch.atan2(down, across).remainder(math.pi) / math.pi * ANGLES
    bins = torch.arange(ANGLES, dtype=grey.dtype, device=grey.device).view(1, ANGLES, 1, 1)
    apart = (angle - bins).abs()
    share = (1 - torch.minimum(apart, ANGLES - apart)).clamp(min=0)
    weights = _tents(grey)
    cells = weights @ (share * across.hypot(down)) @ weights.T
    return cells.flatten(1).sqrt()


def _of_length_one(x: Tensor) -> Tensor:
    return functional.normalize(x, dim=1, eps=_LEAST)


def _tents(grey: Tensor) -> Tensor:
    """[cells, side]: how much each row of pixels belongs to each row of cells; rows sum to one."""
    step = SIDE_PX / CELLS
    pixels = torch.arange(SIDE_PX, dtype=grey.dtype, device=grey.device) + 0.5
    middles = (torch.arange(CELLS, dtype=grey.dtype, device=grey.device) + 0.5) * step
    tents = (1 - (pixels - middles[:, None]).abs() / step).clamp(min=0)
    return tents / tents.sum(1, keepdim=True)


def _fields(grey: Tensor) -> Tensor:
    fields = functional.adaptive_avg_pool2d(grey, FIELDS).flatten(1)
    return fields - fields.mean(1, keepdim=True)
