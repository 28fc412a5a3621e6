"""A painted backdrop as portrait studios hang it: clouds of a few colours, drawn from a seed.

Sums of random grids, each twice as fine and half as strong (value noise, Perlin 1985), which are
bent by two more of their kind (domain warping); no network is asked.
"""

import math
from collections.abc import Sequence
from typing import Final

import torch
from torch import Generator, Tensor
from torch.nn import functional

from models import oklab
from models.plates.dither import dithered

Rgb = tuple[int, int, int]

_SIDE: Final = 256
"""It is drawn at this size, whatever is asked for: a cloud has no finer detail."""
_OCTAVES, _FIRST_CELLS = 5, 3
_BENT: Final = 0.12
_COLOURS: Final = 3
_LIGHT: Final = (0.50, 0.80)
_APART: Final = 0.08
_TINT: Final = (0.02, 0.07)
_TURN: Final = 0.6
"""How far hues of one backdrop lie apart, in radians."""
_DARKER: Final = 0.35
"""Of the light, lost in the corners."""


def painted(
    palette: Sequence[Rgb] | None,
    *,
    seed: int,
    middle: tuple[float, float],
    height: int,
    width: int,
) -> Tensor:
    """[1, 3, H, W] in [0, 1]; a seed draws the same clouds at every size.

    Args:
        palette: two colours or more, 0 to 255 each; None: the seed chooses quiet ones.
        seed: of the clouds, and of the colours where none are told.
        middle: where the light stands, as shares of the height and of the width.
        height: in pixels.
        width: in pixels.
    """
    chance = Generator().manual_seed(seed)
    colours = _quiet(chance) if palette is None else _told(palette)
    clouds = _bent(_clouds(chance), _clouds(chance), _clouds(chance))
    cut = _cut(_mixed(colours, clouds), height, width)
    lit = cut * _light(middle, cut.shape[2], cut.shape[3])
    large = functional.interpolate(lit, (height, width), mode="bilinear", align_corners=False)
    return dithered(large.clamp_(0, 1))


def _clouds(chance: Generator) -> Tensor:
    """[1, 1, S, S] spread evenly over [0, 1], soft at all scales."""
    total = torch.zeros(1, 1, _SIDE, _SIDE)
    for octave in range(_OCTAVES):
        cells = _FIRST_CELLS * 2**octave + 3
        grid = torch.rand((1, 1, cells, cells), generator=chance)
        fine = functional.interpolate(grid, (_SIDE, _SIDE), mode="bicubic", align_corners=True)
        total += fine / 2**octave
    low, high = total.flatten().quantile(torch.tensor([0.02, 0.98]))
    return ((total - low) / (high - low)).clamp(0, 1)


def _bent(clouds: Tensor, down: Tensor, across: Tensor) -> Tensor:
    """The first, each place of it taken from beside where the others point."""
    side = torch.linspace(-1, 1, _SIDE)
    y, x = torch.meshgrid(side, side, indexing="ij")
    bend = 2 * _BENT * (torch.cat((across, down), dim=1)[0] - 0.5)
    grid = torch.stack((x, y), dim=2) + bend.permute(1, 2, 0)
    return functional.grid_sample(
        clouds, grid[None], mode="bilinear", padding_mode="reflection", align_corners=True
    )


def _quiet(chance: Generator) -> Tensor:
    """Neighbours on the wheel, from dark to light: [1, 3, 1, K] in OKLab."""
    hue, light, tint = torch.rand((3, _COLOURS), generator=chance)
    turned = 2 * math.pi * hue[:1] + _TURN * (hue - 0.5)
    chroma = _TINT[0] + (_TINT[1] - _TINT[0]) * tint
    base = _LIGHT[0] + (_LIGHT[1] - _LIGHT[0]) * light[:1]
    level = base + _APART * torch.linspace(-1, 1, _COLOURS)
    lab = torch.stack((level, chroma * turned.cos(), chroma * turned.sin()))
    return lab[None, :, None]


def _told(palette: Sequence[Rgb]) -> Tensor:
    return oklab.from_rgb(torch.tensor(palette).T[None, :, None] / 255)


def _mixed(colours: Tensor, clouds: Tensor) -> Tensor:
    """Where clouds are 0 the first colour, where they are 1 the last, by steps that look equal."""
    at = clouds[0, 0] * (colours.shape[3] - 1)
    first = at.floor().clamp(max=colours.shape[3] - 2).long()
    share = at - first
    ends = colours[0, :, 0]
    lab = ends[:, first] * (1 - share) + ends[:, first + 1] * share
    return oklab.to_rgb(lab[None])


def _cut(square: Tensor, height: int, width: int) -> Tensor:
    """The middle of it that has the picture's shape."""
    longer = max(height, width)
    high, wide = (max(2, round(_SIDE * side / longer)) for side in (height, width))
    top, left = (_SIDE - high) // 2, (_SIDE - wide) // 2
    return square[..., top : top + high, left : left + wide]


def _light(middle: tuple[float, float], height: int, width: int) -> Tensor:
    """[H, W], 1 where it stands and less towards the corners."""
    y, x = ((torch.arange(side) + 0.5) / side for side in (height, width))
    far = ((y - middle[0]).square()[:, None] + (x - middle[1]).square()) / 0.5
    return 1 - _DARKER * (1 - torch.exp(-far))
