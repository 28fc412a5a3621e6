"""What the warp network is punished for: ways that are known, garments that come out otherwise."""

import torch
from torch import Tensor
from torch.nn import functional

from models.data.worn import Worn, carried
from models.warping.frames import GRID, dense, grid

SIDE = 48
"""What is carried is looked at so coarsely."""
_WAY, _GRID, _PICTURE, _UNEVEN = 5.0, 1.0, 1.0, 0.1


def losses(told: Tensor, worn: Worn) -> dict[str, Tensor]:
    """How far off the ways [N, 25, 2] are; each loss with its weight.

    `way` is where there are clothes, `grid` at the grid's points, `picture` the absolute difference
    of the garments as carried, `uneven` how the grid's steps change (CP-VTON+'s regularity).
    """
    off = (dense(SIDE) @ (told - worn.ways)).norm(dim=-1)
    there = functional.avg_pool2d(worn.places, worn.places.shape[-1] // SIDE).flatten(1)
    way = ((off * there).sum(1) / there.sum(1).clamp_min(1)).mean()
    made, meant = (carried(_covered(worn.garments), ways, side=SIDE) for ways in (told, worn.ways))
    return {
        "way": _WAY * way,
        "grid": _GRID * (told - worn.ways).abs().mean(),
        "picture": _PICTURE * (made - meant).abs().mean(),
        "uneven": _UNEVEN * _uneven(told),
    }


def _covered(garments: Tensor) -> Tensor:
    return torch.cat((garments[:, :3] * garments[:, 3:], garments[:, 3:]), dim=1)


def _uneven(told: Tensor) -> Tensor:
    offsets = (told - grid()).view(-1, GRID, GRID, 2)
    down, across = offsets.diff(n=2, dim=1), offsets.diff(n=2, dim=2)
    return down.abs().mean() + across.abs().mean()
