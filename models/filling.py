"""Holes filled from around them, smoothly: a film stretched over the hole, solved coarse to fine.

Laplace's equation with the rim as its border: Poisson blending (Pérez et al. 2003) with nothing
to blend. Each level of a pyramid begins with the coarser one's film; what it takes grows with the
pixels, whatever the hole.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

_ROUNDS = 40
_LEAST_ROUNDS = 8
_CHEAP_PX = 1_000_000


def filled(image: Tensor, hole: Tensor) -> Tensor:
    """[N, C, H, W] with what lies in the holes drawn from their rims; all else as it was.

    Args:
        image: [N, C, H, W]; what it has in the hole is not looked at.
        hole: [N, 1, H, W] bool; of each picture something must be outside it.

    Raises:
        ValueError: nothing is outside the hole.
    """
    if bool(hole.flatten(1).all(1).any()):
        raise ValueError("a hole needs a rim")
    known = (~hole).to(image.dtype)
    return torch.where(hole, _film(image.where(~hole, 0.0), known), image)


def _film(weighted: Tensor, known: Tensor) -> Tensor:
    """Every pixel; `weighted` is colour times how much of the pixel is `known`."""
    height, width = known.shape[2:]
    hole = known <= 0
    exact = weighted / known.clamp_min(1e-6)
    if not bool(hole.any()):
        return exact
    coarse = _film(_halved(weighted), _halved(known))
    guess = F.interpolate(coarse, (height, width), mode="bilinear", align_corners=False)
    return _relaxed(torch.where(hole, guess, exact), hole)


def _halved(image: Tensor) -> Tensor:
    """Sums of two by two, as means: what lies beyond the picture counts for nothing."""
    return F.avg_pool2d(image, 2, ceil_mode=True, count_include_pad=False)


def _relaxed(film: Tensor, hole: Tensor) -> Tensor:
    """Each pixel of the hole the mean of its four neighbours, again and again."""
    pixels = film.shape[2] * film.shape[3]
    for _ in range(max(_LEAST_ROUNDS, min(_ROUNDS, _ROUNDS * _CHEAP_PX // pixels))):
        wide = F.pad(film, (1, 1, 1, 1), mode="replicate")
        around = wide[..., :-2, 1:-1] + wide[..., 2:, 1:-1]
        around += wide[..., 1:-1, :-2]
        around += wide[..., 1:-1, 2:]
        film = torch.where(hole, around.div_(4), film)
    return film
