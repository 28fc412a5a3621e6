"""How a product stands in its picture: how much it fills, whether it is whole, how central."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

_INSIDE = 0.5


@dataclass(frozen=True, slots=True)
class Framing:
    """Shares of the picture; the three readings of "85 %".

    Attributes:
        long_side: of the picture's width or height, whichever the product fills more.
        bbox: of the picture's area, by the box around the product.
        area: of the picture's area, by what the product covers.
        cut_by: the picture's sides that the product reaches.
        off_centre: of the width or height, by how much the middle of its box is off.
    """

    long_side: float
    bbox: float
    area: float
    cut_by: tuple[str, ...]
    off_centre: float


def framing(alpha: Tensor) -> Framing | None:
    """Of a product's coverage [1, 1, H, W] in [0, 1]; None where it covers nothing."""
    inside = alpha[0, 0].numpy() > _INSIDE
    if not inside.any():
        return None
    left, right = _span(inside.any(axis=0))
    top, bottom = _span(inside.any(axis=1))
    height, width = inside.shape
    across, down = (right - left) / width, (bottom - top) / height
    edges = {
        "left": left == 0,
        "right": right == width,
        "top": top == 0,
        "bottom": bottom == height,
    }
    return Framing(
        long_side=max(across, down),
        bbox=across * down,
        area=float(alpha.mean()),
        cut_by=tuple(side for side, is_reached in edges.items() if is_reached),
        off_centre=max(abs(left + right - width) / width, abs(top + bottom - height) / height) / 2,
    )


def _span(some: Any) -> tuple[int, int]:
    found = np.flatnonzero(some)
    return int(found[0]), int(found[-1]) + 1
