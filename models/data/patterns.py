"""Patterns by chance: stripes, checks, dots and clouds, brighter than any photograph.

A network that has met them draws colours and edges that a style may ask for.
"""

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional

KINDS = 4
CLOUD_CELLS = 6


def drawn(count: int, generator: Generator, *, side: int) -> Tensor:
    """[N, 3, side, side] in [0, 1], each of two colours and a kind of its own."""
    chance = torch.rand(6, count, 1, 1, generator=generator)
    along, across = _turned(math.pi * chance[0], side)
    period = 4 + chance[1] * side / 2
    u, v = (2 * math.pi * one / period for one in (along, across))
    kinds = (u.sin(), u.sin() * v.sin(), u.cos() + v.cos() - 1, _clouds(count, generator, side))
    kind = (chance[2] * KINDS).long().expand(-1, side, side)
    height = torch.stack(kinds).gather(0, kind[None])[0]
    # From a soft slope to an edge as sharp as pixels allow.
    share = (0.5 + height * (0.5 * 16 ** chance[3])).clamp(0, 1)[:, None]
    ink, paper = torch.rand(2, count, 3, 1, 1, generator=generator)
    return paper + share * (ink - paper)


def _turned(angle: Tensor, side: int) -> tuple[Tensor, Tensor]:
    """Both coordinates of each pixel, turned: [N, side, side] each."""
    at = torch.arange(side, dtype=torch.float32)
    down, right = at[None, :, None], at[None, None, :]
    return right * angle.cos() + down * angle.sin(), down * angle.cos() - right * angle.sin()


def _clouds(count: int, generator: Generator, side: int) -> Tensor:
    cells = torch.randn(count, 1, CLOUD_CELLS, CLOUD_CELLS, generator=generator)
    return functional.interpolate(cells, size=(side, side), mode="bicubic")[:, 0]
