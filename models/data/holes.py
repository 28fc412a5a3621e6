"""Holes to learn filling from: bent strokes and boxes, wide ones always (Suvorov et al. 2022)."""

import math

import torch
from torch import Generator, Tensor

STROKES = 2
JOINTS = 4
STROKE_SHARE = (0.06, 0.22)
REACH_SHARE = (0.08, 0.35)
BEND = 1.5
BOXES = 2
BOX_SHARE = (0.12, 0.4)
"""All in shares of the side."""
ALONE = 1 / 3
"""Of the holes, each: strokes alone, boxes alone; the rest have both."""


def drawn(count: int, chance: Generator, *, side: int) -> Tensor:
    """[N, 1, side, side], 1 in the hole; the same for the same generator, a sixth on the mean."""
    kind = torch.rand(count, generator=chance)
    strokes, boxes = _strokes(count, chance, side), _boxes(count, chance, side)
    with_strokes, with_boxes = (one[:, None, None] for one in (kind > ALONE, kind < 1 - ALONE))
    hole = (strokes & with_strokes) | (boxes & with_boxes)
    hole[:, 0, 0] = False  # something is always known
    return hole[:, None].float()


def steady(count: int, *, shape: tuple[int, int]) -> Tensor:
    """Those that are measured with, [N, 1, H, W]: always the same."""
    height, width = shape
    hole = drawn(count, Generator().manual_seed(0), side=max(shape))
    return hole[..., :height, :width]


def _strokes(count: int, chance: Generator, side: int) -> Tensor:
    """Polylines with round ends: what is near enough to one of their lines."""
    shape = (count, STROKES)
    point = torch.rand(*shape, 2, generator=chance) * side
    angle = torch.rand(shape, generator=chance) * 2 * math.pi
    radius = _between(STROKE_SHARE, torch.rand(shape, generator=chance)) * side / 2
    hole = torch.zeros(count, side, side, dtype=torch.bool)
    for _ in range(JOINTS):
        angle = angle + (torch.rand(shape, generator=chance) - 0.5) * 2 * BEND
        length = _between(REACH_SHARE, torch.rand(shape, generator=chance)) * side
        end = point + length[..., None] * torch.stack([angle.sin(), angle.cos()], dim=-1)
        for stroke in range(STROKES):
            away = _away(point[:, stroke], end[:, stroke], side)
            hole |= away <= radius[:, stroke, None, None]
        point = end
    return hole


def _boxes(count: int, chance: Generator, side: int) -> Tensor:
    hole = torch.zeros(count, side, side, dtype=torch.bool)
    line = torch.arange(side)
    for _ in range(BOXES):
        size = (_between(BOX_SHARE, torch.rand(2, count, generator=chance)) * side).round()
        first = (torch.rand(2, count, generator=chance) * (side - size)).round()
        rows, columns = (
            (line >= first[axis, :, None]) & (line < (first + size)[axis, :, None])
            for axis in range(2)
        )
        hole |= rows[:, :, None] & columns[:, None, :]
    return hole


def _away(start: Tensor, end: Tensor, side: int) -> Tensor:
    """[N, side, side], how far each pixel is from the line between two points [N, 2] (y, x)."""
    line = torch.arange(side, dtype=torch.float32)
    along = end - start
    y, x = line[None, :, None] - start[:, 0, None, None], line[None, None] - start[:, 1, None, None]
    reached = y * along[:, 0, None, None] + x * along[:, 1, None, None]
    share = (reached / along.square().sum(1).clamp_min(1e-6)[:, None, None]).clamp(0, 1)
    dy, dx = (d - share * along[:, axis, None, None] for axis, d in enumerate((y, x)))
    return (dy.square() + dx.square()).sqrt()


def _between(least_most: tuple[float, float], share: Tensor) -> Tensor:
    least, most = least_most
    return least + (most - least) * share
