"""Numbers over a picture as colours: red where they are high, blue where they are below zero."""

import torch
from torch import Tensor
from torch.nn import functional

from models.data.image_set import recoloured

MAX_SIDE_PX = 1024
STRENGTH = 0.75
RED, BLUE = (0.90, 0.10, 0.05), (0.05, 0.25, 0.90)


def over(image: Tensor, heat: Tensor) -> Tensor:
    """The picture in grey under its heat, at most 1,024 pixels a side.

    Args:
        image: [1, 3, H, W] in [0, 1].
        heat: [1, 1, S, S], any numbers, over the square in whose middle the picture lies; their
            largest, whatever its sign, gets the full colour.

    Returns:
        [1, 3, h, w] in [0, 1], of the picture's shape.
    """
    grey = recoloured(recoloured(_small(image), channels=1), channels=3)
    height, width = grey.shape[2:]
    side = max(height, width)
    whole = functional.interpolate(heat, (side, side), mode="bilinear", align_corners=False)
    top, left = (side - height) // 2, (side - width) // 2
    of_largest = whole[..., top : top + height, left : left + width] / _largest(heat)
    colour = torch.where(of_largest > 0, _plane(RED), _plane(BLUE))
    return torch.lerp(grey, colour.to(grey), of_largest.abs() * STRENGTH).clamp(0, 1)


def _small(image: Tensor) -> Tensor:
    longer = max(image.shape[2:])
    if longer <= MAX_SIDE_PX:
        return image
    sides = [max(1, round(side * MAX_SIDE_PX / longer)) for side in image.shape[2:]]
    return functional.interpolate(image, sides, mode="bilinear", antialias=True)


def _largest(heat: Tensor) -> Tensor:
    return heat.abs().max().clamp(min=torch.finfo(heat.dtype).tiny)


def _plane(colour: tuple[float, float, float]) -> Tensor:
    return torch.tensor(colour)[None, :, None, None]
