"""Pictures moved by a few pixels, each by chance of its own: where a product lies says nothing."""

import torch
from torch import Generator, Tensor
from torch.nn import functional


def shifted(images: Tensor, generator: Generator, *, most: int) -> Tensor:
    """[N, C, H, W] → the same shape, moved by up to `most` pixels along both axes.

    What comes in from outside repeats the border.
    """
    count, _, height, width = images.shape
    padded = functional.pad(images, (most,) * 4, mode="replicate")
    windows = padded.unfold(2, height, 1).unfold(3, width, 1)
    tops, lefts = torch.randint(2 * most + 1, (2, count), generator=generator).to(images.device)
    return windows[torch.arange(count, device=images.device), :, tops, lefts]
