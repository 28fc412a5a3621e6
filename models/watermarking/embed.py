"""Puts a mark into the ground: more where it is busy, nothing where a pixel is protected."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import torch
from torch import Tensor

from models import images
from models.watermarking import pattern, payload
from models.watermarking.pattern import Plane

LEAST_PX: Final = 60_000
"""Of ground; below it a mark is seldom read again after JPEG at quality 75."""
# In levels of 255. An even ground shows more than 1; what is uneven hides as much again and more.
_EVEN, _MOST, _SHARE = 1.0, 2.5, 0.6
_AT_THE_END: Final = 1.6
_NEAR_PX: Final = 5.0
# From the first on a channel takes it for white; JPEG may take two levels more.
_WHITE, _STILL_WHITE = 250 / 255, 252 / 255


@dataclass(frozen=True, slots=True)
class Marked:
    """A marked image.

    Attributes:
        image: like the one given, on the 256 levels of a file where it was changed.
        psnr_db: of the marked area alone; at least 40.
        area_px: how much was marked.
    """

    image: Tensor
    psnr_db: float
    area_px: int


def embed(image: Tensor, free: Tensor, *, key: str, told: int) -> Marked | None:
    """The image with a mark; None where there is too little free ground for one.

    Args:
        image: [1, C, H, W] in [0, 1], with 1, 3 or 4 channels.
        free: [1, 1, H, W], above 0 where pixels may change; all others keep every bit.
        key: whoever has it can find the mark, and take it out.
        told: 48 bits.
    """
    where = free[0, 0].cpu() > 0
    if image.shape[1] == 4:
        where &= image[0, 3].cpu() == 1
    area_px = int(where.sum())
    if area_px < LEAST_PX:
        return None
    given = image.detach().float().cpu()
    before = images.quantise(given.clone())[:, :3]
    after = images.quantise((before + _levels(given, key=key, told=told)).clamp_(0, 1))
    # What a sales channel takes for white stays white to it.
    after = torch.where(before >= _WHITE, after.maximum(before.clamp_max(_STILL_WHITE)), after)
    made = given.clone()
    made[:, :3] = torch.where(where, after, given[:, :3])
    wrong = (after - before)[..., where].square().mean()
    psnr_db = float(-10 * torch.log10(wrong.clamp_min(1e-12)))
    return Marked(made.to(image), psnr_db, area_px)


def _levels(image: Tensor, *, key: str, told: int) -> Tensor:
    """[H, W]: by how much each pixel is to change, of 1."""
    luma = luminance(image)
    height, width = luma.shape
    tile = pattern.of(key).tile(payload.encode(told))
    repeats = (-(-height // pattern.PERIOD_PX), -(-width // pattern.PERIOD_PX))
    strength = np.minimum(_EVEN + _SHARE * _busy(luma), _MOST)
    # Black and white can be changed one way only, so half of a mark is lost there.
    strength *= np.where(np.minimum(luma, 255 - luma) < _MOST, _AT_THE_END, 1.0)
    levels = strength * np.tile(tile, repeats)[:height, :width]
    return torch.from_numpy(np.asarray(levels / 255, np.float32))


def luminance(image: Tensor) -> Plane:
    """[H, W] in [0, 255]."""
    levels = image[0, :3].float().cpu().mul(255)
    if len(levels) == 3:
        levels = (levels * torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)).sum(0, keepdim=True)
    return np.ascontiguousarray(levels[0].numpy())


def _busy(luma: Plane) -> Plane:
    """How far the pixels around each differ, in levels."""
    mean = cv2.GaussianBlur(luma, (0, 0), _NEAR_PX)
    square = cv2.GaussianBlur(luma * luma, (0, 0), _NEAR_PX)
    return np.asarray(np.sqrt(np.maximum(square - mean * mean, 0)), np.float32)
