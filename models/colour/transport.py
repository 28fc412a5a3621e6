"""All colours turned into the like of others, bends and all (sliced transport, Rabin et al. 2011).

The way of each colour is found on a sample and kept in a small cube, smoothed, so that neighbours
in colour stay neighbours: a soft shade stays soft.
"""

from itertools import pairwise

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Generator, Tensor

from models import oklab

_SIDE = 33  # knots of the cube along red, green and blue
_ROUNDS = 16
_LEVELS = 128
_SMOOTH = 2.0  # knots
_DISTINCT = 1e-6
_STRIP_ROWS = 128

Colours = NDArray[np.float64]


def transport(colours: Tensor, wanted: Tensor) -> Tensor:
    """A cube [1, 3, 33, 33, 33] of sRGB over blue, green and red, for `transported`.

    Args:
        colours: [3, M] sRGB in [0, 1], what there is.
        wanted: [3, K], of any other number.
    """
    knots = _knots()
    own, other, cube = (
        oklab.from_rgb(one[None, :, None].double())[0, :, 0].numpy()
        for one in (colours, wanted, knots)
    )
    moved = cube.copy()
    chance = Generator().manual_seed(0)
    for _ in range(_ROUNDS):
        axes = torch.linalg.qr(torch.randn(3, 3, generator=chance, dtype=torch.float64))[0].numpy()
        here, there, knot = axes @ own, axes @ other, axes @ moved
        for axis in range(3):
            levels, aims = _curve(here[axis], there[axis])
            knot[axis] = _bent(knot[axis], levels, aims)
            here[axis] = _bent(here[axis], levels, aims)
        own, moved = axes.T @ here, axes.T @ knot
    smooth = cube + _smoothed(moved - cube)
    shown = oklab.to_rgb(torch.from_numpy(smooth)[None, :, None])[0, :, 0].float()
    return shown.view(1, 3, _SIDE, _SIDE, _SIDE)


def transported(image: Tensor, cube: Tensor, *, share: Tensor) -> Tensor:
    """[1, 3, H, W] in [0, 1], each pixel as far as its share [1, 1, H, W] says; 0 stays exactly."""
    output = image.clone()
    for top in range(0, image.shape[2], _STRIP_ROWS):
        rows = slice(top, top + _STRIP_ROWS)
        part, weight = image[:, :, rows], share[:, :, rows]
        # Red counts along the last axis of the cube, which is x.
        places = part.permute(0, 2, 3, 1)[:, None] * 2 - 1
        turned = F.grid_sample(cube, places, align_corners=True, padding_mode="border")[:, :, 0]
        mixed = turned.sub_(part).mul_(weight).add_(part).clamp_(0, 1)
        output[:, :, rows] = torch.where(weight > 0, mixed, part)
    return output


def _knots() -> Tensor:
    """[3, 33³] of red, green and blue, red fastest."""
    at = torch.linspace(0, 1, _SIDE)
    blue, green, red = torch.meshgrid(at, at, at, indexing="ij")
    return torch.stack((red, green, blue)).flatten(1)


def _curve(here: Colours, there: Colours) -> tuple[Colours, Colours]:
    """Where quantiles are along an axis, and where they are to be."""
    shares = np.linspace(0, 1, _LEVELS)
    levels, aims = np.quantile(here, shares), np.quantile(there, shares)
    first = np.flatnonzero(np.concatenate(([True], np.diff(levels) > _DISTINCT)))
    # Levels that are one share their aims' mean: one colour cannot become several.
    means = [aims[a:b].mean() for a, b in pairwise([*first, _LEVELS])]
    return levels[first], np.array(means)


def _bent(values: Colours, levels: Colours, aims: Colours) -> Colours:
    """Along the curve; beyond its ends, as far as the end itself moves."""
    inside = np.clip(values, levels[0], levels[-1])
    return np.interp(inside, levels, aims) + (values - inside)


def _smoothed(moves: Colours) -> Colours:
    """[3, 33³], each cube blurred along all three axes."""
    cubes = moves.reshape(3, _SIDE, _SIDE, _SIDE)
    for axis in (1, 2, 3):
        flat = np.moveaxis(cubes, axis, 0)
        shape = flat.shape
        blurred = cv2.GaussianBlur(
            np.ascontiguousarray(flat.reshape(_SIDE, -1)),
            (1, 0),
            sigmaX=1e-6,
            sigmaY=_SMOOTH,
            borderType=cv2.BORDER_REPLICATE,
        )
        cubes = np.moveaxis(blurred.reshape(shape).astype(np.float64), 0, axis)
    return np.ascontiguousarray(cubes).reshape(3, -1)
