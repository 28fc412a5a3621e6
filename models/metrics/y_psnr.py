"""PSNR of brightness alone, as papers on super-resolution give it: ITU-R BT.601, 16 to 235.

Agrees with scikit-image's rgb2ycbcr and peak_signal_noise_ratio to 1e-3 dB.
"""

import math

from torch import Tensor

from models.metrics.luma import luma
from models.metrics.psnr import psnr_db

_SPAN_DB = 20 * math.log10(255 / 219)  # brightness spans 219 of the 255 steps that PSNR is told


def y_psnr_db(a: Tensor, b: Tensor, *, border: int) -> Tensor:
    """Peak signal-to-noise ratio of each image's brightness, without its rim.

    Args:
        a: [N, 1 or 3, H, W] in [0, 1].
        b: the same shape.
        border: pixels left out on each side; papers leave out as many as the scale.

    Returns:
        [N] float64; +inf where they are identical.
    """
    height, width = a.shape[2:]
    if min(height, width) <= 2 * border:
        raise ValueError(f"expected sides above {2 * border}, got {height}×{width}")
    inner = (..., slice(border, height - border), slice(border, width - border))
    return psnr_db(luma(a)[inner], luma(b)[inner]) + _SPAN_DB
