"""How much of a picture has the colour of skin, by a rule on RGB (Kovac, Peer & Solina 2003).

A rule of thumb: sand, wood, leather and warm light have the colour, too, and dark skin often has
not. What it counts is a reason to look, never a verdict.
"""

from torch import Tensor
from torch.nn import functional

SIDE_PX = 128
"""Counted on a picture made so small: what matters is how much of it, not where."""


def skin_share(image: Tensor) -> float:
    """Share of [1, 3, H, W] in [0, 1] whose colour is that of skin in daylight."""
    small = image if max(image.shape[2:]) <= SIDE_PX else _small(image)
    red, green, blue = small[0] * 255
    most, least = small[0].amax(0) * 255, small[0].amin(0) * 255
    is_skin = (
        (red > 95)
        & (green > 40)
        & (blue > 20)
        & (most - least > 15)
        & ((red - green).abs() > 15)
        & (red > green)
        & (red > blue)
    )
    return float(is_skin.float().mean())


def _small(image: Tensor) -> Tensor:
    height, width = image.shape[2:]
    scale = SIDE_PX / max(height, width)
    sides = (max(1, round(height * scale)), max(1, round(width * scale)))
    return functional.interpolate(image, sides, mode="area")
