"""How steady a product stands from frame to frame: its ground, its middle and its height."""

import statistics
from collections.abc import Sequence

from models.matting.extents import Extents


def steadiness(frames: Sequence[Extents]) -> dict[str, float]:
    """Standard deviations in pixels, of where it is in each frame; 0 is without any jitter."""
    return {
        "ground_std_px": statistics.pstdev(one.bottom for one in frames),
        "centre_std_px": statistics.pstdev(one.middle for one in frames),
        "height_std_px": statistics.pstdev(one.height for one in frames),
    }
