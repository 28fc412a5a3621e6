"""How far the textures of two pictures lie apart, in features that nobody learnt.

Means and spreads of rectified random filters at four scales: even untrained, they tell textures
apart (Ustyuzhaninov et al. 2016). No network here was trained to please them. A picture is 0 from
itself, and from itself mirrored nearly so; where a picture has which texture does not count.
"""

import torch
from torch import Generator, Tensor
from torch.nn import functional

FILTERS = 96
SIDE = 7
SCALES = 4
SEED = 2016
LEAST = SIDE * 2 ** (SCALES - 1)
"""Pixels that a side must have."""


def texture_distance(a: Tensor, b: Tensor) -> Tensor:
    """Mean difference of the statistics, as a share of the second picture's own.

    Args:
        a: [1, 3, H, W] in [0, 1].
        b: of any other size; sides of 56 at least.

    Returns:
        [] float64.
    """
    if min(*a.shape[2:], *b.shape[2:]) < LEAST:
        raise ValueError(f"expected sides of {LEAST} at least, got {a.shape[2:]}, {b.shape[2:]}")
    own, other = _statistics(a), _statistics(b)
    return ((own - other).abs() / other.clamp(min=1e-3)).mean()


def _statistics(image: Tensor) -> Tensor:
    """[scales, 2 · filters] float64."""
    filters = _filters().to(image.device)
    told = []
    for _ in range(SCALES):
        answer = functional.relu(functional.conv2d(image, filters)).double()
        told.append(torch.cat([answer.mean((0, 2, 3)), answer.std((0, 2, 3))]))
        image = functional.avg_pool2d(image, 2)
    return torch.stack(told)


def _filters() -> Tensor:
    """[96, 3, 7, 7], each of mean 0: what is flat has no texture, whatever its colour."""
    drawn = torch.randn(FILTERS, 3, SIDE, SIDE, generator=Generator().manual_seed(SEED))
    drawn = drawn - drawn.mean((1, 2, 3), keepdim=True)
    return drawn / drawn.flatten(1).norm(dim=1)[:, None, None, None]
