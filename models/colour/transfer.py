"""Colours turned into others of another mean and spread (Monge-Kantorovich, Pitié & Kokaram 2007).

Of all maps that are straight, the one that moves colours least; so it makes no bands.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from models import oklab

_STRIP_ROWS = 128
_LEAST_SPREAD = 0.005  # of OKLab; a flat ground has less, and its noise is not to be stretched
_STRETCH = 2.0


@dataclass(frozen=True, slots=True)
class Transfer:
    """Of a colour x in OKLab: matrix · (x - before) + after.

    Attributes:
        matrix: [3, 3].
        before: [3, 1].
        after: [3, 1].
    """

    matrix: Tensor
    before: Tensor
    after: Tensor


def transfer(colours: Tensor, wanted: Tensor) -> Transfer:
    """What turns the colours [3, M] of sRGB in [0, 1] into the like of others [3, K]."""
    own, other = (oklab.from_rgb(one[None, :, None].double())[0, :, 0] for one in (colours, wanted))
    spread, aim = _covariance(own), _covariance(other)
    root = _power(spread, 0.5)
    back = _power(spread, -0.5)
    matrix = back @ _power(root @ aim @ root, 0.5) @ back
    stretch, ways = torch.linalg.eigh(matrix)
    matrix = ways @ torch.diag(stretch.clamp(1 / _STRETCH, _STRETCH)) @ ways.T
    return Transfer(matrix.float(), _mean(own), _mean(other))


def transferred(image: Tensor, by: Transfer, *, share: Tensor) -> Tensor:
    """[1, 3, H, W] in [0, 1], each pixel as far as its share [1, 1, H, W] says; 0 stays exactly."""
    output = image.clone()
    for top in range(0, image.shape[2], _STRIP_ROWS):
        rows = slice(top, top + _STRIP_ROWS)
        weight = share[0, 0, rows]
        inside = weight > 0
        part = image[0, :, rows][:, inside]
        if part.shape[1]:
            turned = by.matrix @ (oklab.from_rgb(part[None, :, None])[0, :, 0] - by.before)
            shown = oklab.to_rgb((turned + by.after)[None, :, None])[0, :, 0]
            output[0, :, rows][:, inside] = part + weight[inside] * (shown - part)
    return output


def _mean(lab: Tensor) -> Tensor:
    return lab.mean(dim=1, keepdim=True).float()


def _covariance(lab: Tensor) -> Tensor:
    off = lab - lab.mean(dim=1, keepdim=True)
    return off @ off.T / lab.shape[1] + _LEAST_SPREAD**2 * torch.eye(3, dtype=lab.dtype)


def _power(matrix: Tensor, exponent: float) -> Tensor:
    """Of a symmetric positive matrix."""
    values, ways = torch.linalg.eigh(matrix)
    return ways @ torch.diag(values.clamp_min(1e-12) ** exponent) @ ways.T
