"""Where a product meets its ground: the lower side of its outline, as far as it is level enough."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

_STEEPEST = math.tan(math.radians(32))  # a handle's underside rises more steeply than a ground does


@dataclass(frozen=True, slots=True)
class Standing:
    """A product's underside, column by column, in pixels from the picture's upper edge.

    Attributes:
        ground: [W], how far down the ground is that it stands on.
        gap: [W], how far its underside is above that; infinite where there is no product.
        left: first column in which it may touch the ground.
        right: the column behind the last.
        top: first row of the product.
        height: of the product.
    """

    ground: Plane
    gap: Plane
    left: int
    right: int
    top: int
    height: int


def standing(alpha: Plane) -> Standing:
    """Of a coverage [H, W] that is above one half somewhere.

    The ground is the lower side of the outline's convex hull, from its lowest point outwards until
    it rises by more than 32 degrees.
    """
    inside = alpha > 0.5
    columns = np.flatnonzero(inside.any(axis=0))
    below = alpha.shape[0] - np.argmax(inside[::-1], axis=0)
    top = int(np.argmax(inside.any(axis=1)))
    corners = _touching(_hull(columns, below[columns]))
    ground = np.interp(np.arange(alpha.shape[1]), corners[:, 0], corners[:, 1]).astype(np.float32)
    gap = np.full(alpha.shape[1], np.inf, np.float32)
    gap[columns] = np.maximum(0, ground[columns] - below[columns])
    left, right = int(corners[0, 0]), int(corners[-1, 0]) + 1
    return Standing(ground, gap, left, right, top, int(below[columns].max()) - top)


def _hull(x: NDArray[np.int64], y: NDArray[np.int64]) -> NDArray[np.int64]:
    """Corners [K, 2] of the lower side of the convex hull (Andrew 1979), from left to right."""
    corners: list[tuple[int, int]] = []
    for point in zip(x.tolist(), y.tolist(), strict=True):
        while len(corners) > 1 and not _turns(corners[-2], corners[-1], point):
            corners.pop()
        corners.append(point)
    return np.array(corners)


def _turns(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> bool:
    """Whether b lies below the line from a to c, in a picture whose y points down."""
    return (b[1] - a[1]) * (c[0] - a[0]) > (c[1] - a[1]) * (b[0] - a[0])


def _touching(corners: NDArray[np.int64]) -> NDArray[np.int64]:
    lowest = int(np.argmax(corners[:, 1]))
    steps = np.diff(corners, axis=0)
    level = np.abs(steps[:, 1]) <= _STEEPEST * steps[:, 0]
    first, last = lowest, lowest
    while first > 0 and level[first - 1]:
        first -= 1
    while last < len(level) and level[last]:
        last += 1
    return corners[first : last + 1]
