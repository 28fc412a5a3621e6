"""A garment's frame and a body's: their boxes with a rim, [-1, 1] from side to side, and a grid.

A warp between two frames is told by where a grid of 5 x 5 points of the body's comes from; between
the points runs a thin plate spline (Bookstein 1989). As the grid stays, the spline is a matrix.
"""

from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

SIDE = 96
"""Pixels that a frame is shown at."""
GRID = 5
RIM = 0.08
"""Around the box, in shares of its side."""


@cache
def grid() -> Tensor:
    """[25, 2] x and y, row after row."""
    steps = torch.linspace(-1, 1, GRID)
    return torch.cartesian_prod(steps, steps).flip(1)


def centres(side: int) -> Tensor:
    """[side², 2] of every pixel's centre in a frame."""
    steps = (torch.arange(side) + 0.5) * 2 / side - 1
    return torch.cartesian_prod(steps, steps).flip(1)


@cache
def _inverse() -> Tensor:
    control = grid().double()
    sides = torch.cat((torch.ones(len(control), 1), control), dim=1).double()
    system = torch.zeros(len(control) + 3, len(control) + 3, dtype=torch.float64)
    system[:-3, :-3] = _kernel(control, control)
    system[:-3, -3:], system[-3:, :-3] = sides, sides.T
    return torch.linalg.inv(system)[:, :-3]


def basis(points: Tensor) -> Tensor:
    """[..., P, 2] of a frame → [..., P, 25]: times the grid's values, the points' own."""
    at = points.double()
    sides = torch.cat((_kernel(at, grid().double()), torch.ones_like(at[..., :1]), at), dim=-1)
    return (sides @ _inverse()).to(points)


@cache
def dense(side: int) -> Tensor:
    """[side², 25], of every pixel's centre."""
    return basis(centres(side))


def frame(mask: Tensor) -> Tensor:
    """[N, 4] left, top, right, bottom with the rim, in pixels, of masks [N, 1, H, W].

    An empty mask has the whole picture.
    """
    inside = mask[:, 0] > 0.5
    spans = []
    for axis, side in ((1, mask.shape[3]), (2, mask.shape[2])):
        some = inside.any(axis)
        first = some.int().argmax(1)
        last = side - some.flip(1).int().argmax(1)
        none = ~some.any(1)
        first, last = first.masked_fill(none, 0).double(), last.masked_fill(none, side).double()
        rim = RIM * (last - first)
        spans.append((first - rim, last + rim))
    (left, right), (top, bottom) = spans
    return torch.stack((left, top, right, bottom), dim=1)


def shown(images: Tensor, frames: Tensor, *, side: int) -> Tensor:
    """[N, C, side, side]: what the frames [N, 4] hold of images [N, C, H, W]; nothing beyond."""
    height, width = images.shape[2:]
    points = to_pixels(centres(side).double().expand(len(images), -1, -1), frames)
    there = 2 * points / torch.tensor((width, height), dtype=torch.float64) - 1
    where = there.float().view(len(images), side, side, 2).to(images.device)
    return functional.grid_sample(images, where, align_corners=False)


def to_pixels(points: Tensor, frames: Tensor) -> Tensor:
    """[N, P, 2] of frames [N, 4] to pixels of their pictures."""
    low, high = frames[:, None, :2], frames[:, None, 2:]
    return low + (points + 1) / 2 * (high - low)


def _kernel(points: Tensor, control: Tensor) -> Tensor:
    square = (points[..., :, None, :] - control).square().sum(-1)
    return 0.5 * square * square.clamp_min(1e-300).log()
