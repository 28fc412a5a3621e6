"""A real photograph of those that ship, as large as a test wants it."""

import torch
from torch import Tensor

from models.data import samples


def photograph(height: int, width: int, *, number: int = 0) -> Tensor:
    """[1, 3, height, width] in [0, 1]: one of them, beside and below itself where it is smaller."""
    pixels = torch.from_numpy(samples.photographs()[number].pixels[..., :3].copy())
    image = pixels.permute(2, 0, 1)[None].float() / 255
    again = [
        -(-wanted // there) for wanted, there in zip((height, width), image.shape[2:], strict=True)
    ]
    return image.repeat(1, 1, *again)[..., :height, :width].contiguous()
