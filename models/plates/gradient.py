"""A ground that runs from one colour to another, by steps that look equal (OKLab)."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from models import oklab
from models.plates.dither import dithered

Rgb = tuple[int, int, int]

_STEPS = 2_049
_STRIP_ROWS = 256


def gradient(palette: Sequence[Rgb], *, angle_deg: float, height: int, width: int) -> Tensor:
    """[1, 3, H, W] in [0, 1], from the first colour in one corner to the last in the other.

    Args:
        palette: two colours or more, 0 to 255 each, at equal distances.
        angle_deg: the way it runs: 0 to the right, 90 down.
        height: in pixels.
        width: in pixels.
    """
    ramp = _ramp(palette)
    cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    length = max(1e-6, (width - 1) * abs(cos) + (height - 1) * abs(sin))
    x = (np.arange(width, dtype=np.float32) - (width - 1) / 2) * np.float32(cos / length)
    y = (np.arange(height, dtype=np.float32) - (height - 1) / 2) * np.float32(sin / length)
    at = np.linspace(0, 1, _STEPS)
    plate = torch.empty(1, 3, height, width)
    for top in range(0, height, _STRIP_ROWS):
        rows = slice(top, top + _STRIP_ROWS)
        along = y[rows, None] + x + 0.5
        for channel in range(3):
            plate[0, channel, rows] = torch.from_numpy(np.interp(along, at, ramp[channel])).float()
    return dithered(plate)


def _ramp(palette: Sequence[Rgb]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """[3, steps]; both ends are the palette's own to the bit."""
    colours = torch.tensor(palette, dtype=torch.float64).div_(255).T[None, :, None]
    lab = oklab.from_rgb(colours)[0, :, 0].numpy()
    at, ends = np.linspace(0, 1, _STEPS), np.linspace(0, 1, len(palette))
    between = np.stack([np.interp(at, ends, plane) for plane in lab])
    ramp = oklab.to_rgb(torch.from_numpy(between)[None, :, None])[0, :, 0].numpy()
    ramp[:, 0], ramp[:, -1] = colours[0, :, 0, 0], colours[0, :, 0, -1]
    return ramp
