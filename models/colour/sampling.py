"""Some of a picture's colours, evenly from all over it: enough to know how they are spread."""

import torch
from torch import Tensor

MOST = 20_000


def colours_of(image: Tensor, *, where: Tensor | None = None, most: int = MOST) -> Tensor:
    """[3, M] of an image [1, 3, H, W], the same ones each time.

    Args:
        image: of any range.
        where: [1, 1, H, W]; only pixels above one half count.
        most: how many at most.
    """
    # Whole rows and columns are left out first, so that no full-size copy is made.
    step = max(1, int((image.shape[2] * image.shape[3] / (16 * most)) ** 0.5))
    pixels = image[0, :, ::step, ::step].flatten(1)
    if where is not None:
        chosen = where[0, 0, ::step, ::step].flatten() > 0.5
        if not bool(chosen.any()):
            chosen, pixels = where[0, 0].flatten() > 0.5, image[0].flatten(1)
        pixels = pixels[:, chosen]
    stride = max(1, -(-pixels.shape[1] // most))
    return torch.as_tensor(pixels[:, ::stride])
