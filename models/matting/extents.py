"""How far a product reaches to each side, to a part of a pixel: where its coverage is one half."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Extents:
    """The product's sides in pixels from the picture's upper left corner."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """How far to the right."""
        return (self.left + self.right) / 2


def extents(alpha: Tensor) -> Extents | None:
    """Of a coverage [1, 1, H, W] in [0, 1]; None where it is below one half everywhere."""
    plane = alpha[0, 0].numpy()
    columns, rows = plane.max(axis=0), plane.max(axis=1)
    if columns.max() < _HALF:
        return None
    return Extents(
        _first(columns),
        _first(rows),
        len(columns) - _first(columns[::-1]),
        len(rows) - _first(rows[::-1]),
    )


def _first(most: NDArray[np.float32]) -> float:
    """Where it first reaches one half, between the middles of two pixels."""
    place = int(np.argmax(most >= _HALF))
    here, before = float(most[place]), float(most[place - 1]) if place else 0.0
    return place + 0.5 - (here - _HALF) / (here - before)
