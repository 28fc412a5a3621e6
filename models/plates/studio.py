"""A studio's sweep of paper: a floor that bends up into a wall, and a light before it."""

import torch
from torch import Tensor

from models.plates.dither import dithered

Rgb = tuple[int, int, int]

_STRIP_ROWS = 256
_BEND = 0.10  # of the picture's height: how softly the floor becomes the wall
_FLOOR, _WALL, _CORNER = 0.12, 0.30, 0.45  # linear light lost there, at a light of 1


def studio(
    rgb: Rgb, *, horizon: float, middle: float, light: float, height: int, width: int
) -> Tensor:
    """[1, 3, H, W] in [0, 1].

    Args:
        rgb: the paper where it is lit best, 0 to 255 each.
        horizon: how far down the floor begins, as a share of the height.
        middle: where the light stands, as a share of the width.
        light: how much it falls off: 0 is an even ground, 1 a spot.
        height: in pixels.
        width: in pixels.
    """
    y = (torch.arange(height) + 0.5) / height
    x = (torch.arange(width) + 0.5) / width
    down, across = 1 - light * _loss(y, horizon), torch.exp(-((x - middle) / 0.55).square())
    near = torch.exp(-((y - horizon) / 0.60).square())
    paper = torch.tensor(rgb, dtype=torch.float32).div_(255)
    linear = torch.where(paper <= 0.04045, paper / 12.92, ((paper + 0.055) / 1.055) ** 2.4)
    plate = torch.empty(1, 3, height, width)
    for top in range(0, height, _STRIP_ROWS):
        rows = slice(top, top + _STRIP_ROWS)
        spot = 1 - light * _CORNER * (1 - near[rows, None] * across)
        lit = spot.mul_(down[rows, None]) * linear.view(3, 1, 1)
        plate[0, :, rows] = _curved(lit)
    return dithered(plate)


def _loss(y: Tensor, horizon: float) -> Tensor:
    """Of each row: the wall darkens upwards, the floor is darkest where it bends."""
    floor = torch.sigmoid((y - horizon) / (_BEND / 4))
    wall = _WALL * ((horizon - y) / max(horizon, 0.05)).clamp(0, 1).square()
    bend = _FLOOR * torch.exp(-((y - horizon) / _BEND).square())
    return wall * (1 - floor) + bend


def _curved(linear: Tensor) -> Tensor:
    """Linear light as sRGB."""
    curved = 1.055 * linear.clamp_min(1e-9) ** (1 / 2.4) - 0.055
    return torch.where(linear <= 0.0031308, 12.92 * linear, curved)
