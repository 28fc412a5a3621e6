"""A whisper of noise, by which a smooth ground shows no bands once it has 256 levels."""

import torch
from torch import Generator, Tensor

_STRIP_ROWS = 256
_LEVEL = 1 / 255


def dithered(image: Tensor) -> Tensor:
    """[1, C, H, W] in [0, 1] with even noise of up to half a level, in its place.

    The same for the same size. A level itself stays that level: white stays white.
    """
    chance = Generator().manual_seed(0)
    height, width = image.shape[2:]
    for top in range(0, height, _STRIP_ROWS):
        strip = image[:, :, top : top + _STRIP_ROWS]
        noise = torch.rand((1, 1, strip.shape[2], width), generator=chance)
        strip.add_(noise.sub_(0.5).mul_(0.998 * _LEVEL)).clamp_(0, 1)
    return image
