"""Numbers as colours that everybody can order: dark blue over green to light yellow.

Made by ourselves in OKLab: the lightness rises in even steps, so that the order shows in grey too
and to whoever sees few colours; the hue turns evenly from blue to yellow.
"""

import math
from functools import cache

import torch
from torch import Tensor

from models import oklab

STEPS = 256
_DARKEST, _LIGHTEST = 0.22, 0.95
_FIRST_HUE_DEG, _LAST_HUE_DEG = 285.0, 105.0
_CHROMA = 0.15


def coloured(shares: Tensor) -> Tensor:
    """[1, 1, H, W] in [0, 1] as colours [1, 3, H, W]; beyond it is as at its end."""
    step = shares[0, 0].mul(STEPS - 1).round().clamp(0, STEPS - 1).long()
    return colours()[:, step][None]


@cache
def colours() -> Tensor:
    """[3, 256] sRGB in [0, 1], from the darkest; what a screen does not show is made paler."""
    share = torch.linspace(0, 1, STEPS, dtype=torch.float64)
    light = _DARKEST + share * (_LIGHTEST - _DARKEST)
    hue = (_FIRST_HUE_DEG + share * (_LAST_HUE_DEG - _FIRST_HUE_DEG)) * math.pi / 180
    lab = torch.stack((light, _CHROMA * hue.cos(), _CHROMA * hue.sin()))
    return oklab.to_rgb(lab[None, :, :, None])[0, :, :, 0].float()
