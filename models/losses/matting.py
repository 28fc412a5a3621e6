"""What a matte is punished for: coarse by region and structure, fine by its rim and what is seen.

Cross-entropy, intersection over union and structure together after BASNet (Qin et al. 2019); the
rim and the composition after MODNet (Ke et al. 2022) and Deep Image Matting (Xu et al. 2017).
"""

import torch
from torch import Tensor
from torch.nn import functional

from models.metrics.ssim import ssim

RIM = 4.0
"""How much more a pixel counts where the product covers a part of it, or a neighbour's."""
RIM_PX = 2
BREATH = 1.0
"""Pixels that are added to both areas, so that of no product at all none is found."""


def coarse_loss(logits: Tensor, alpha: Tensor) -> Tensor:
    """Logits [N, 1, V, V] and coverage of any size → cross-entropy, 1 - IoU and 1 - SSIM, added."""
    target = functional.interpolate(alpha, logits.shape[2:], mode="area")
    found = torch.sigmoid(logits)
    entropy = functional.binary_cross_entropy_with_logits(logits, target)
    return entropy + (1 - soft_iou(found, target)).mean() + (1 - ssim(found, target)).mean().float()


def fine_loss(made: Tensor, alpha: Tensor, contrast: Tensor) -> Tensor:
    """Mattes [N, 1, H, W], unclipped → absolute differences, of the matte and of what is seen.

    `contrast` is [N, 3, H, W], the product's colour less the ground's.
    """
    off = (made - alpha).abs()
    return ((1 + RIM * rim(alpha)) * off).mean() + (off * contrast.abs()).mean()


def soft_iou(found: Tensor, alpha: Tensor) -> Tensor:
    """[N] of mattes [N, 1, H, W] in [0, 1]: the shared area by the joint one."""
    shared = (found * alpha).sum((1, 2, 3))
    joint = (found + alpha - found * alpha).sum((1, 2, 3))
    return (shared + BREATH) / (joint + BREATH)


def rim(alpha: Tensor) -> Tensor:
    """1 within two pixels of an edge, else 0."""
    side = 2 * RIM_PX + 1
    highest = functional.max_pool2d(alpha, side, stride=1, padding=RIM_PX)
    lowest = -functional.max_pool2d(-alpha, side, stride=1, padding=RIM_PX)
    return (highest - lowest > 0.1).float()
