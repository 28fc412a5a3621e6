"""Peak signal-to-noise ratio; agrees with scikit-image's peak_signal_noise_ratio to 1e-3 dB."""

import math

from torch import Tensor

from models.metrics.differences import summed
from models.metrics.mask import area, inside


def psnr_db(a: Tensor, b: Tensor, *, mask: Tensor | None = None) -> Tensor:
    """Peak signal-to-noise ratio of each image, for a range of one.

    Args:
        a: [N, C, H, W] in [0, 1].
        b: the same shape.
        mask: [N, 1, H, W]; only pixels above one half count.

    Returns:
        [N] float64; +inf where the images are identical, NaN where the mask is empty.
    """
    if a.shape != b.shape or a.ndim != 4:
        raise ValueError(f"expected two equal [N, C, H, W], got {tuple(a.shape)}, {tuple(b.shape)}")
    if mask is None:
        error = summed(a, b, power=2) / math.prod(a.shape[1:])
    else:
        where = inside(mask)
        error = summed(a, b, power=2, where=where) / (area(where) * a.shape[1])
    return -10 * error.log10()
