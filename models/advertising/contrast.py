"""How well words stand out from what is behind them: the contrast ratio of WCAG 2.x, 1 to 21."""

from dataclasses import dataclass

from torch import Tensor

from models.advertising.design import Rgb
from models.metrics.contrast_ratio import luminance, ratio

LEAST = 4.5
"""What WCAG 2.x asks of text at level AA."""
BLACK: Rgb = (0, 0, 0)
WHITE: Rgb = (255, 255, 255)
_SPARE = 0.5  # of rounding, of a lossy file, and of small letters that fill few pixels wholly


@dataclass(frozen=True, slots=True)
class Legible:
    """The colour that words get, and that of the plate behind them where the ground needs one."""

    ink: Rgb
    plate: Rgb | None = None


def least(ink: Rgb, ground: Tensor) -> float:
    """The lowest ratio of a colour to any pixel of [1, 3, H, W] in [0, 1]."""
    own = luminance(ground.new_tensor(ink).view(1, 3, 1, 1) / 255)
    return float(ratio(own, luminance(ground)).min())


def legible(ink: Rgb, ground: Tensor) -> Legible:
    """The wanted colour if it can be read, else the better of black and white, else a plate too."""
    wanted = LEAST + _SPARE
    if least(ink, ground) >= wanted:
        return Legible(ink)
    better = max((BLACK, WHITE), key=lambda colour: least(colour, ground))
    if least(better, ground) >= LEAST:
        return Legible(better)
    return Legible(better, plate=WHITE if better == BLACK else BLACK)
