"""How far the colours of two pictures lie apart as wholes (sliced Wasserstein, Bonneel 2015).

Where a picture has which colour does not count. In units of ΔE*ab: all colours shifted alike by so
much are this far apart, and a picture is 0 from itself with its pixels in any other order.
"""

import math

import torch
from torch import Tensor

from models.metrics.lab import planes_to_lab

_DIRECTIONS = 48
_LEVELS = 512


def colour_distance(a: Tensor, b: Tensor) -> Tensor:
    """Mean distance of the colours' quantiles along directions all over CIELAB.

    Args:
        a: [3, M] sRGB in [0, 1].
        b: [3, K], of any other number.

    Returns:
        [] float64; NaN where one has no colours.
    """
    if not a.shape[1] or not b.shape[1]:
        return a.new_tensor(torch.nan, dtype=torch.float64)
    ways = _directions().to(a.device)
    one, other = (_along(ways, colours) for colours in (a, b))
    # Over the sphere, a shift's mean part along a direction is half of it.
    return 2 * (one - other).abs().mean()


def _along(ways: Tensor, colours: Tensor) -> Tensor:
    """Quantiles of colours along each direction: [D, levels]."""
    lab = torch.stack(planes_to_lab(*colours.double()))
    ordered = (ways @ lab).sort(dim=1).values
    at = (torch.arange(_LEVELS, device=colours.device) + 0.5) / _LEVELS * (lab.shape[1] - 1)
    low = at.floor().long()
    share = (at - low).to(ordered)
    high = (low + 1).clamp_max(lab.shape[1] - 1)
    return ordered[:, low].lerp(ordered[:, high], share.expand(len(ways), -1))


def _directions() -> Tensor:
    """[D, 3] unit vectors, evenly over half a sphere (Fibonacci's spiral)."""
    number = torch.arange(_DIRECTIONS, dtype=torch.float64)
    height = (number + 0.5) / _DIRECTIONS
    angle = number * math.pi * (3 - math.sqrt(5))
    around = (1 - height.square()).sqrt()
    return torch.stack((around * angle.cos(), around * angle.sin(), height), dim=1)
