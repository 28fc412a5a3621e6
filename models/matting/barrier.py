"""How much a picture changes on the way in from its border, at the least: what stands out.

The minimum barrier distance (Strand et al. 2013) by a few raster scans, as for salient objects by
Zhang et al. 2015. A backdrop may change as it likes, as long as some way through it is smooth;
what is all around edged off from it is far.
"""

import numpy as np

from models.matting.backdrop import Plane

_SCANS = 3


def distance(plane: Plane) -> Plane:
    """[h, w] → [h, w]: of all ways from the border the smallest span of values met on one."""
    found = np.full(plane.shape, np.inf, dtype=np.float32)
    found[[0, -1]] = found[:, [0, -1]] = 0
    highest, lowest = plane.copy(), plane.copy()
    for _ in range(_SCANS):
        for turned in (False, True):
            planes = [one.T if turned else one for one in (plane, found, highest, lowest)]
            _scan(*planes)
            _scan(*(one[::-1] for one in planes))
    return found


def _scan(plane: Plane, found: Plane, highest: Plane, lowest: Plane) -> None:
    """Let each row be come to from the row before it, where that is the better way; in place."""
    for row in range(1, len(plane)):
        high = np.maximum(highest[row - 1], plane[row])
        low = np.minimum(lowest[row - 1], plane[row])
        better = high - low < found[row]
        found[row][better] = (high - low)[better]
        highest[row][better], lowest[row][better] = high[better], low[better]
