"""How many bits two looks differ in: one look beside many, in one step."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Looks = NDArray[np.uint64]


def looks(hexadecimal: Sequence[str]) -> Looks:
    """Looks of 64 bits each, from their hexadecimal."""
    return np.array([int(one, 16) for one in hexadecimal], np.uint64)


def nearest_bits(look: str, among: Looks) -> int | None:
    """In how many bits the most alike one differs; None: there is none to compare with."""
    if not len(among):
        return None
    return int(np.bitwise_count(among ^ np.uint64(int(look, 16))).min())
