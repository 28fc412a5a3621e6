"""What is kept of how a result came about: pictures small enough to look at."""

from dataclasses import dataclass
from typing import Final, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from models import resampling
from models.explaining.colour_scale import coloured
from models.explaining.difference import Map

MAX_SIDE_PX: Final = 2048

Measure = Literal["ssim", "delta_e"]


@dataclass(frozen=True, slots=True)
class Scale:
    """What a heat map's colours mean: `dark` is where two pictures are the same.

    Always the same, so that two heat maps can be held beside each other.
    """

    name: Measure
    min: float
    max: float
    dark: float


SSIM: Final = Scale("ssim", min=0.5, max=1.0, dark=1.0)
"""What is half as alike looks ruined; below it there is nothing to tell apart."""
DELTA_E: Final = Scale("delta_e", min=0.0, max=10.0, dark=0.0)
"""One is just visible, ten is another colour."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A picture [1, C, H, W] in [0, 1] with its name, no side longer than 2,048 pixels.

    Attributes:
        scale: of a heat map.
    """

    name: str
    image: Tensor
    scale: Scale | None = None


def shown(name: str, image: Tensor) -> Stage:
    """An image as a stage; shrunk, each pixel is the mean of those that it stands for."""
    sides = height, width = _sides(image)
    if image.shape[2:] == sides:
        return Stage(name, image)
    if image.shape[1] == 4:  # so that what lies under transparent pixels stays there
        return Stage(name, resampling.resize(image, height=height, width=width))
    return Stage(name, F.interpolate(image, sides, mode="area"))


def heat(name: str, found: Map, scale: Scale) -> Stage:
    """Numbers as colours: RGBA, transparent where nothing was compared."""
    small = found.within(_sides(found.values))
    light = scale.min if scale.dark == scale.max else scale.max
    shares = (small.values - scale.dark) / (light - scale.dark)
    is_known = (small.known > 0).float()
    return Stage(name, torch.cat((coloured(shares) * is_known, is_known), dim=1), scale)


def _sides(image: Tensor) -> tuple[int, int]:
    height, width = image.shape[2:]
    longer = max(height, width)
    if longer <= MAX_SIDE_PX:
        return height, width
    return (
        max(1, round(height * MAX_SIDE_PX / longer)),
        max(1, round(width * MAX_SIDE_PX / longer)),
    )
