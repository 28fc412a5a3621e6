"""A picture's own ground out of focus, from which its product is gone before it is blurred."""

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.failures import CannotDo
from models.plates.dither import dithered
from models.shading.softness import softened

Plane = NDArray[np.float32]

_VIEW_SIDE = 512
_RIM_SHARE = 1 / 150  # of the longer side: as far the product's colour may have strayed


def defocused(image: Tensor, alpha: Tensor, *, blur_px: float) -> Tensor:
    """The ground of [1, 3, H, W], blurred; where the product is, what surrounds it.

    Args:
        image: in [0, 1].
        alpha: [1, 1, H, W], the product's coverage.
        blur_px: a standard deviation.
    """
    free = _free(np.ascontiguousarray(alpha[0, 0].numpy()))
    if not free.any():
        raise CannotDo("mask_full", "The product fills the picture: there is no ground.")
    filled = _filled(image, free)
    plate = torch.empty_like(image)
    for channel in range(3):
        plane = np.where(free > 0, image[0, channel].numpy(), filled[channel])
        plate[0, channel] = torch.from_numpy(softened(plane, blur_px).clip(0, 1))
    return dithered(plate)


def _free(alpha: Plane) -> NDArray[np.uint8]:
    """1 where there is nothing of the product, and not close to it either, if that leaves any."""
    rim = max(2, round(max(alpha.shape) * _RIM_SHARE))
    square = np.ones((2 * rim + 1, 2 * rim + 1), np.uint8)
    taken = (alpha > 0.004).astype(np.uint8)
    wide: NDArray[np.uint8] = cv2.dilate(taken, square).astype(np.uint8)
    return 1 - (taken if wide.all() else wide)


def _filled(image: Tensor, free: NDArray[np.uint8]) -> list[Plane]:
    """Planes of full size, smooth across what is not free (push and pull, Gortler et al. 1996)."""
    height, width = free.shape
    shrink = min(1.0, _VIEW_SIDE / max(height, width))
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    weight = free.astype(np.float32)
    seen = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    planes = [
        cv2.resize(plane.numpy() * weight, size, interpolation=cv2.INTER_AREA) for plane in image[0]
    ]
    small = _pulled(np.stack([*planes, seen], axis=2).astype(np.float32))
    return [
        cv2.resize(np.ascontiguousarray(small[..., channel]), (width, height)).astype(np.float32)
        for channel in range(3)
    ]


def _pulled(weighted: Plane) -> Plane:
    """[h, w, 3] of colours from [h, w, 4] of weighted colours and their weight, holes filled."""
    colours, weight = weighted[..., :3], weighted[..., 3:]
    own = colours / np.maximum(weight, 1e-6)
    if max(weight.shape[:2]) == 1 or weight.min() > 0.5:
        return own.astype(np.float32)
    height, width = weight.shape[:2]
    half = (width + 1) // 2, (height + 1) // 2
    coarse = _pulled(cv2.resize(weighted, half, interpolation=cv2.INTER_AREA).astype(np.float32))
    around = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    trust = np.minimum(1, 2 * weight)
    return (trust * own + (1 - trust) * around.reshape(own.shape)).astype(np.float32)
