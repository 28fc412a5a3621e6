"""Random erasing (Zhong et al. 2020): a part of a picture is hidden, so that no part is all."""

import math

import torch
from torch import Generator, Tensor

CHANCE = 0.25
SHARES = (0.02, 0.2)
LONGEST = 3.0
"""A rectangle is at most so many times as long as it is wide."""


def erased(images: Tensor, generator: Generator, *, chance: float | Tensor = CHANCE) -> Tensor:
    """[N, C, H, W] in [0, 1] → the same; a rectangle of every fourth picture, say, is noise.

    The chance is of all pictures, or of each, [N] on the CPU.
    """
    count, _, height, width = images.shape
    drawn = torch.rand(5, count, generator=generator)
    area = (SHARES[0] + (SHARES[1] - SHARES[0]) * drawn[0]) * height * width
    aspect = (math.log(LONGEST) * (2 * drawn[1] - 1)).exp()
    rows = _between(drawn[2], (area * aspect).sqrt(), height)
    columns = _between(drawn[3], (area / aspect).sqrt(), width)
    hidden = rows[:, None, :, None] & columns[:, None, None, :]
    hidden &= (drawn[4] < chance)[:, None, None, None]
    noise = torch.rand(images.shape, generator=generator)
    return torch.where(hidden.to(images.device), noise.to(images.device), images)


def _between(place: Tensor, length: Tensor, side: int) -> Tensor:
    """Which of `side` pixels each span covers, [N, side]; place 0 is its start, 1 its end."""
    length = length.clamp(max=side)
    start = place * (side - length)
    middles = torch.arange(side) + 0.5
    return (middles >= start[:, None]) & (middles < (start + length)[:, None])
