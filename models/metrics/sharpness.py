"""Variance of the Laplacian (Pech-Pacheco et al. 2000); as OpenCV's Laplacian(…).var()."""

import cv2
import torch
from torch import Tensor

from models.metrics.bare import is_plain
from models.metrics.luma import luma


def sharpness(image: Tensor) -> Tensor:
    """Sharpness of each image in squared 8-bit units; higher is sharper, also for noise.

    Args:
        image: [N, 1 or 3, H, W] in [0, 1], sides of 3 and more.

    Returns:
        [N] float64, over the interior.
    """
    variances = _by_opencv if is_plain(image) else _by_torch
    return variances(luma(image)[:, 0]) * 255**2


def _by_opencv(grey: Tensor) -> Tensor:
    inner = (cv2.Laplacian(plane.numpy(), -1)[1:-1, 1:-1] for plane in grey)
    deviations = [cv2.meanStdDev(laplacian)[1].item() for laplacian in inner]
    return torch.tensor(deviations, dtype=torch.float64) ** 2


def _by_torch(grey: Tensor) -> Tensor:
    around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    laplacian = around.sub_(grey[:, 1:-1, 1:-1], alpha=4)
    mean = laplacian.mean(dim=(1, 2), keepdim=True, dtype=torch.float64)
    return (laplacian - mean).square_().mean(dim=(1, 2))
