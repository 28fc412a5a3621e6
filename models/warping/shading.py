"""The light on the clothes that a garment takes the place of: slow changes of lightness, bounded.

Only what changes slowly is taken over (as the base of a picture in Durand and Dorsey 2002): a fold
of the old clothes would be a fold that the new garment has not got.
"""

import cv2
import numpy as np
import torch
from torch import Tensor

from models import oklab

MOST = 0.15
"""Lightness of OKLab, of 0 to 1, that is added or taken at most."""

_VIEW_SIDE = 256
_SOFT = 0.12
_STRIP_ROWS = 128


def light_on(body: Tensor, clothes: Tensor) -> Tensor:
    """[1, 1, H, W] in [-MOST, MOST]: how much lighter it is there than on most of the clothes.

    Args:
        body: [1, 3, H, W] in [0, 1].
        clothes: [1, 1, H, W] in [0, 1], where the clothes are that are looked at.
    """
    height, width = body.shape[2:]
    shrink = min(1.0, _VIEW_SIDE / max(height, width))
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    seen = cv2.resize(
        body[0].permute(1, 2, 0).contiguous().numpy(), size, None, 0, 0, cv2.INTER_AREA
    )
    weight = cv2.resize(clothes[0, 0].contiguous().numpy(), size, None, 0, 0, cv2.INTER_AREA)
    small = torch.from_numpy(seen.reshape(size[1], size[0], 3)).permute(2, 0, 1)[None]
    lightness = oklab.from_rgb(small.contiguous())[0, 0].numpy()
    weight = np.where(weight > 0.9, 1.0, 0.0).astype(np.float32)
    if not weight.any():
        return torch.zeros_like(clothes)
    soft = max(1.0, _SOFT * float(np.sqrt(weight.sum())))
    blurred, near = (cv2.GaussianBlur(one, (0, 0), soft) for one in (lightness * weight, weight))
    usual = float(np.median(lightness[weight > 0]))
    # Far from the clothes nothing is known: there the light is the usual one.
    apart = (blurred - usual * near) / np.maximum(near, 0.05)
    bounded = np.clip(apart, -MOST, MOST).astype(np.float32)
    large = cv2.resize(bounded, (width, height), None, 0, 0, cv2.INTER_LINEAR)
    return torch.from_numpy(large)[None, None]


def lit(colours: Tensor, light: Tensor) -> Tensor:
    """The colours [1, 3, H, W] with their lightness moved by so much; hue and tint stay."""
    output = colours.clone()
    for top in range(0, colours.shape[2], _STRIP_ROWS):
        rows = (..., slice(top, top + _STRIP_ROWS), slice(None))
        lab = oklab.from_rgb(colours[rows])
        lab[:, :1] = (lab[:, :1] + light[rows]).clamp(0, 1)
        moved = oklab.to_rgb(lab)
        output[rows] = torch.where(light[rows] == 0, colours[rows], moved)
    return output
