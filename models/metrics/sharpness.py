"""Variance of the Laplacian (Pech-Pacheco et al. 2000); as OpenCV's Laplacian(…).var()."""

import torch
from torch import Tensor

from models.metrics.luma import luma


def sharpness(image: Tensor) -> Tensor:
    """Sharpness of each image in squared 8-bit units; higher is sharper, also for noise.

    Args:
        image: [N, 1 or 3, H, W] in [0, 1], sides of 3 and more.

    Returns:
        [N] float64, over the interior.
    """
    grey = luma(image)[:, 0] * 255
    around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    laplacian = around.sub_(grey[:, 1:-1, 1:-1], alpha=4)
    mean = laplacian.mean(dim=(1, 2), keepdim=True, dtype=torch.float64)
    return (laplacian - mean).square_().mean(dim=(1, 2))
