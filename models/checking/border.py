"""Whether a picture has a frame drawn around it, or bars at two sides.

A frame is an edge that runs straight along a side from one end to the other, near the rim. Along
each side lines of pixels are compared with the rim's own line; where nearly all of a line differs
from it, there the frame ends, or a drawn line begins. A product that reaches a side differs along
a part of it only.
"""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

_REACH = 0.08
_MIDDLE = 0.1
_STEP = 12 / 255
_NEARLY_ALL = 0.97
_EVEN = 6 / 255
_SIDES = ("top", "bottom", "left", "right")
_OPPOSITE = ({"top", "bottom"}, {"left", "right"})


def border_px(image: Tensor) -> dict[str, int]:
    """Sides with a drawn border, and how many pixels it begins or ends from the side.

    Args:
        image: [1, 3, H, W] in [0, 1].

    Returns:
        Empty where there is neither a frame nor a pair of bars: one side alone is a table's edge.
    """
    upright = image[0].permute(1, 2, 0).numpy()
    views = (upright, upright[::-1], upright.swapaxes(0, 1), upright.swapaxes(0, 1)[::-1])
    found = {
        side: depth for side, view in zip(_SIDES, views, strict=True) if (depth := _step(view))
    }
    return found if any(pair <= set(found) for pair in _OPPOSITE) else {}


def _step(view: NDArray[np.float32]) -> int:
    """How many lines lie between the first and one that differs from it nearly everywhere, or 0."""
    height, width = view.shape[:2]
    start, end = round(width * _MIDDLE), width - round(width * _MIDDLE)
    lines = view[: max(2, round(height * _REACH)), start:end]
    rim = np.median(lines[0], axis=0)
    if float(np.mean(np.abs(lines[0] - rim).max(axis=1) > _EVEN)) > 1 - _NEARLY_ALL:
        return 0
    differs = (np.abs(lines - rim).max(axis=2) > _STEP).mean(axis=1) >= _NEARLY_ALL
    first = int(differs.argmax())
    return first if differs[first] and _is_sudden(lines, first) else 0


def _is_sudden(lines: NDArray[np.float32], first: int) -> bool:
    """Within three lines, as no gradient of light is."""
    before = lines[max(0, first - 3)].mean(axis=0)
    return float(np.abs(lines[first].mean(axis=0) - before).max()) > _STEP
