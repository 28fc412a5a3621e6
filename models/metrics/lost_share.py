"""Share of what a mask left out that does not look like the background: a dropped handle shows."""

import torch
import torch.nn.functional as F
from torch import Tensor

from models.metrics.bare import bare, dressed
from models.metrics.delta_e import colour_difference
from models.metrics.mask import area, erode, inside
from models.metrics.rank import smallest

LIMIT = 0.02
"""Beyond this the proof rests on a mask that may have lost a part of the product."""

_VIEW_PX = 512
_CLEARLY_OTHER = 10.0
_RIM_PX = 3
_BUSY = 0.25


def lost_share(source: Tensor, mask: Tensor) -> Tensor:
    """Pixels outside the mask that differ from the estimated background by ΔE > 10.

    The background is estimated by the median colour of the picture's border outside the mask, and
    a rim of three pixels around the mask is left out, where both colours mix. Measured on a view
    of at most 512 px.

    Args:
        source: [1, 3, H, W] in [0, 1].
        mask: [1, 1, H, W] in [0, 1], above one half is product.

    Returns:
        [1] float64; 0 where the mask covers everything, nan where the border is no one ground.
    """
    if source.shape[-2:] != mask.shape[-2:] or len(source) != 1:
        raise ValueError(f"expected one size, got {tuple(source.shape)} and {tuple(mask.shape)}")
    outside = inside(erode(1 - _view(mask), _RIM_PX))
    border = _border(outside)
    colours = _view(source)[0].flatten(1)
    ground = torch.stack(
        [smallest(plane, share=0.5, keep=border.flatten()) for plane in colours]
    ).to(colours)
    apart = colour_difference(colours, ground[:, None], dtype=torch.float32)
    other = dressed(bare(apart) > _CLEARLY_OTHER).view_as(outside)
    share = area(other, outside) / area(outside).clamp_min(1)
    is_busy = area(other, border) > _BUSY * area(border)
    return torch.where(is_busy, torch.nan, share)


def _view(image: Tensor) -> Tensor:
    scale = _VIEW_PX / max(image.shape[-2:])
    if scale >= 1:
        return image
    size = [max(1, round(side * scale)) for side in image.shape[-2:]]
    return F.interpolate(image, size, mode="area")


def _border(outside: Tensor) -> Tensor:
    """The picture's outermost pixels that are not product; all that are not, if there are none."""
    border = torch.zeros_like(outside)
    for edge in (0, -1):
        border[..., edge, :] = outside[..., edge, :]
        border[..., :, edge] = outside[..., :, edge]
    return dressed(bare(border) | (bare(outside) & ~bare(border.any())))
