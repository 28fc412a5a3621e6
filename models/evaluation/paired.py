"""PSNR and SSIM of pictures beside the very ones that they should be."""

from torch import Tensor

from models.metrics.psnr import psnr_db
from models.metrics.ssim import TooSmall, ssim

EXACT_DB = 100.0
"""What a picture counts that was given back to the last bit: a mean has no place for infinity."""


def decibels(made: Tensor, real: Tensor) -> Tensor:
    """[N] of images [N, C, H, W] in [0, 1]."""
    return psnr_db(made, real).clamp(max=EXACT_DB)


def similarity(made: Tensor, real: Tensor) -> dict[str, float]:
    """The mean SSIM by its name; nothing where pictures are too small for it."""
    try:
        return {"ssim": ssim(made, real).double().mean().item()}
    except TooSmall:
        return {}
