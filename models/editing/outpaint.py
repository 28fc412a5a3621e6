"""Makes the canvas larger and draws what might lie beyond the picture; the picture itself stays."""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from models import resampling
from models.failures import CannotDo
from models.filling import filled
from models.made import Made

_MAX_PIXELS = 64_000_000


def outpaint(
    image: Tensor,
    *,
    left: int,
    right: int,
    top: int,
    bottom: int,
    fill: Literal["smooth", "mirror"],
    alpha: Tensor | None = None,
) -> Made:
    """Adds so many pixels on each side; those that were there stay bit for bit.

    Args:
        image: [1, 3, H, W] in [0, 1]; over white where there is an alpha beside it.
        left: in pixels, as the other sides.
        right: the same.
        top: the same.
        bottom: the same.
        fill: colours that run out of the edges, or the picture mirrored at them.
        alpha: [1, 1, H, W], the picture's transparency; what is added is transparent then.
    """
    height, width = image.shape[2] + top + bottom, image.shape[3] + left + right
    if height * width > _MAX_PIXELS:
        raise CannotDo("output_too_large", f"{width} x {height} is more than 64 megapixels.")
    sides = (left, right, top, bottom)
    inside = F.pad(torch.ones_like(image[:, :1]), sides)
    placed = F.pad(image, sides, value=1.0)
    if alpha is not None:
        output = torch.cat((_off_white(image, alpha, sides), F.pad(alpha, sides)), dim=1)
    elif fill == "smooth":
        output = filled(placed, inside < 0.5)
    else:
        output = _mirrored(image, sides)
    return Made(
        (output,),
        product_mask=inside,
        expected_product=placed,
        placement=(1.0, 0.0, float(left), 0.0, 1.0, float(top)),
        report={"added_share": 1 - float(inside.mean()), "fill": fill},
    )


def _off_white(image: Tensor, alpha: Tensor, sides: tuple[int, int, int, int]) -> Tensor:
    colours = resampling.lifted(image, alpha)[:, :3].masked_fill(alpha <= 0, 1.0)
    return F.pad(colours, sides, value=1.0)


def _mirrored(image: Tensor, sides: tuple[int, int, int, int]) -> Tensor:
    """As often as needed: torch itself mirrors no more than there is."""
    left, right, top, bottom = sides
    height, width = image.shape[2:]
    rows = _there_and_back(torch.arange(-top, height + bottom), height)
    columns = _there_and_back(torch.arange(-left, width + right), width)
    return image.index_select(2, rows).index_select(3, columns)


def _there_and_back(positions: Tensor, length: int) -> Tensor:
    """0 1 2 2 1 0 0 1 2: the edge's own pixel comes twice."""
    positions = positions % (2 * length)
    return torch.minimum(positions, 2 * length - 1 - positions)
