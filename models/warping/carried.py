"""A garment carried on to a body's picture through a warp, and how the warp treats it."""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from models import resampling
from models.matting.foreground import decontaminated
from models.warping.warp import Warp

_COARSE = 96
_MOST_LOOKED_AT = 20_000
_SHRUNK_FROM = 1.25
_ROWS = 128


@dataclass(frozen=True, slots=True)
class Carried:
    """A garment where it lands.

    Attributes:
        colours: [1, 3, H, W] in [0, 1], as the garment's picture has them; white outside it.
        alpha: [1, 1, H, W] in [0, 1], how far it covers.
        sampled_at: width and height that the garment's picture was shrunk to before it was
            carried, so that nothing of it is skipped.
        fold_share: of where it covers, how much the warp turns over.
        stretch: the larger of its two stretches at a point, by the smaller one: what 95 % of its
            points stay below; 1 is none.
    """

    colours: Tensor
    alpha: Tensor
    sampled_at: tuple[int, int]
    fold_share: float
    stretch: float


def carry(garment: Tensor, alpha: Tensor, warp: Warp, *, height: int, width: int) -> Carried:
    """The garment [1, 3, h, w] with its coverage [1, 1, h, w], on a canvas of that size."""
    rows, columns = _reach(warp, alpha, height, width)
    own = torch.cat((decontaminated(garment, alpha), alpha), dim=1)
    shrunk = _shrunk(own, warp, rows, columns)
    colours, coverage = garment.new_ones(1, 3, height, width), alpha.new_zeros(1, 1, height, width)
    at = (..., rows, columns)
    colours[at], coverage[at] = sampled(shrunk, warp, alpha.shape[2:], rows, columns)
    coverage *= _one_piece(coverage)
    colours.masked_fill_(coverage <= 0, 1.0)
    slopes = warp.jacobian(_some(coverage))
    return Carried(
        colours,
        coverage,
        (shrunk.shape[3], shrunk.shape[2]),
        fold_share=float((slopes.det() <= 0).double().mean()) if len(slopes) else 0.0,
        stretch=_stretch(slopes),
    )


def sampled(
    garment: Tensor, warp: Warp, size: tuple[int, ...], rows: slice, columns: slice
) -> tuple[Tensor, Tensor]:
    """Colours and coverage of these rows and columns: bicubic, colours weighted by coverage.

    Args:
        garment: [1, 4, h, w] with straight alpha, at the size that is sampled.
        warp: to the points of the garment's own picture.
        size: height and width of that picture.
        rows: of the output.
        columns: of the output.
    """
    covered = torch.cat((garment[:, :3] * garment[:, 3:], garment[:, 3:]), dim=1)
    strips = [
        F.grid_sample(
            covered,
            _grid(warp, size, slice(top, min(top + _ROWS, rows.stop)), columns),
            mode="bicubic",
            padding_mode="zeros",
            align_corners=False,
        )
        for top in range(rows.start, rows.stop, _ROWS)
    ]
    whole = torch.cat(strips, dim=2)
    return resampling.straight(whole[:, :3].clone(), whole[:, 3:]), whole[:, 3:].clamp(0, 1)


def _grid(warp: Warp, size: tuple[int, ...], rows: slice, columns: slice) -> Tensor:
    """[1, h, w, 2] as `grid_sample` counts: -1 to 1 from corner to corner."""
    y = torch.arange(rows.start, rows.stop, dtype=torch.float64) + 0.5
    x = torch.arange(columns.start, columns.stop, dtype=torch.float64) + 0.5
    points = torch.cartesian_prod(y, x).flip(1)
    there = warp(points) / torch.tensor((size[1], size[0]), dtype=torch.float64)
    return (2 * there - 1).float().view(1, len(y), len(x), 2)


def _reach(warp: Warp, alpha: Tensor, height: int, width: int) -> tuple[slice, slice]:
    """Rows and columns of the output that hold all of the garment, found on a coarse grid."""
    step_y, step_x = height / _COARSE, width / _COARSE
    steps = torch.arange(_COARSE + 1, dtype=torch.float64)
    there = warp(torch.cartesian_prod(steps * step_y, steps * step_x).flip(1))
    low, high = _box(alpha)
    room = 0.1 * (high - low)
    inside = ((there >= low - room) & (there <= high + room)).all(1).view(_COARSE + 1, -1)
    spans = []
    for axis, step, side in ((1, step_y, height), (0, step_x, width)):
        found = inside.any(axis).nonzero()[:, 0]
        first, last = (float(found[0]), float(found[-1])) if len(found) else (0.0, float(_COARSE))
        spans.append(slice(max(0, int((first - 1) * step)), min(side, int((last + 1) * step) + 1)))
    return spans[0], spans[1]


def _box(alpha: Tensor) -> tuple[Tensor, Tensor]:
    """The upper left and the lower right corner of all that is covered, as x and y."""
    inside = alpha[0, 0] > 0
    spans = [inside.any(axis).nonzero()[:, 0].double() for axis in (0, 1)]
    return torch.stack([one[0] for one in spans]), torch.stack([one[-1] + 1 for one in spans])


def _shrunk(own: Tensor, warp: Warp, rows: slice, columns: slice) -> Tensor:
    """So small that neighbours in the output are neighbours here."""
    y = torch.linspace(rows.start, rows.stop, 12, dtype=torch.float64)
    x = torch.linspace(columns.start, columns.stop, 12, dtype=torch.float64)
    slopes = warp.jacobian(torch.cartesian_prod(y, x).flip(1))
    scale = float(slopes.det().abs().sqrt().median())
    if scale < _SHRUNK_FROM:
        return own
    height, width = (max(1, round(side / scale)) for side in own.shape[2:])
    return resampling.resize(own, height=height, width=width)


def _one_piece(coverage: Tensor) -> Tensor:
    """1 on the largest piece: far from its landmarks a spline may show the garment again."""
    plane = (coverage[0, 0] > 0).numpy().astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(plane, connectivity=8)
    if count <= 2:
        return torch.ones_like(coverage)
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    return torch.from_numpy((labels == largest).astype(np.float32))[None, None]


def _some(coverage: Tensor) -> Tensor:
    """[P, 2] of where it is covered, evenly, not too many."""
    places = (coverage[0, 0] > 0.5).nonzero()
    step = max(1, len(places) // _MOST_LOOKED_AT)
    return places[::step].flip(1).double() + 0.5


def _stretch(slopes: Tensor) -> float:
    if not len(slopes):
        return 1.0
    most, least = torch.linalg.svdvals(slopes).T
    return float((most / least.clamp_min(1e-9)).quantile(0.95))
