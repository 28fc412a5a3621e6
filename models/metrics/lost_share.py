"""Share of what a mask left out that does not look like the background: a dropped handle shows."""

import torch
import torch.nn.functional as F
from torch import Tensor

from models.metrics.delta_e import lab_difference
from models.metrics.lab import rgb_to_lab
from models.metrics.mask import erode

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
    image, inside = _view(source), _view(mask)
    outside = erode(1 - inside, _RIM_PX)[0, 0] > 0.5
    if not outside.any():
        return torch.zeros(1, dtype=torch.float64)
    ground = _border_colour(image, outside)
    lab = rgb_to_lab(torch.cat([image, ground.view(1, 3, 1, 1).expand_as(image)]))
    other = lab_difference(lab[:1], lab[1:])[0] > _CLEARLY_OTHER
    if other[_border(outside)].double().mean() > _BUSY:
        return torch.full((1,), torch.nan, dtype=torch.float64)
    return (other & outside).sum().double().div(outside.sum()).view(1)


def _view(image: Tensor) -> Tensor:
    scale = _VIEW_PX / max(image.shape[-2:])
    if scale >= 1:
        return image
    size = [max(1, round(side * scale)) for side in image.shape[-2:]]
    return F.interpolate(image, size, mode="area")


def _border_colour(image: Tensor, outside: Tensor) -> Tensor:
    return image[0][:, _border(outside)].median(dim=1).values


def _border(outside: Tensor) -> Tensor:
    """The picture's outermost pixels that are not product; all that are not, if there are none."""
    border = torch.zeros_like(outside)
    border[[0, -1], :] = True
    border[:, [0, -1]] = True
    where = border & outside
    return where if where.any() else outside
