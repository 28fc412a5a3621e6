"""Whether an enlarged picture, shrunk again, is the picture it was made from."""

import torch.nn.functional as F
from torch import Tensor

from models.metrics.psnr import psnr_db


def backproj_psnr_db(output: Tensor, source: Tensor, *, scale: int) -> Tensor:
    """PSNR of the output shrunk by area against the source; falls where texture was invented.

    Args:
        output: [N, C, H·scale, W·scale] in [0, 1].
        source: [N, C, H, W] in [0, 1].
        scale: how many times larger the output is.

    Returns:
        [N] float64.
    """
    return psnr_db(F.avg_pool2d(output, scale), source)
