"""The window that structural similarity looks through: 11 pixels wide, sigma 1.5."""

import numpy as np
from numpy.typing import NDArray

WINDOW = 11
RADIUS = WINDOW // 2
C1, C2 = 0.01**2, 0.03**2
"""What keeps the quotient steady where light or contrast vanish, for a range of one."""


def gaussian() -> NDArray[np.float64]:
    """One axis of the window, [11], of sum one."""
    weights = np.exp(-(np.arange(-RADIUS, RADIUS + 1) ** 2) / (2 * 1.5**2))
    return weights / weights.sum()
