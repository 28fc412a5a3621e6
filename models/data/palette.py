"""The colours of a label map: one for the ground, and one for each region of each category.

They are those of PASCAL VOC's maps (Everingham et al. 2010): the bits of a label's number, dealt to
red, green and blue from the highest down. So neighbours in number lie far apart in colour.
"""

import torch
from torch import Tensor

from models.data.label_maps import REGIONS

GROUND = 0
"""The label of what is no product; black."""


def colours(categories: int) -> Tensor:
    """uint8 [1 + R · categories, 3]: the ground's, then category by category each region's."""
    return torch.tensor(
        [_colour(label) for label in range(1 + len(REGIONS) * categories)], dtype=torch.uint8
    )


def label_for(category: int, region: int) -> int:
    """The row of `colours` that a region of a category has."""
    return 1 + category * len(REGIONS) + region


def painted(told: Tensor, categories: Tensor) -> Tensor:
    """The map as a picture: told [N, R, S, S], 0 where a region is; [N] → [N, 3, S, S]."""
    known = colours(int(categories.max()) + 1).to(told.device) / 255
    picture = told.new_zeros(len(told), 3, *told.shape[2:])
    for region in range(len(REGIONS)):
        colour = known[1 + categories * len(REGIONS) + region].to(told)
        picture = picture + colour[:, :, None, None] * (1 - told[:, region : region + 1])
    return picture


def _colour(label: int) -> tuple[int, int, int]:
    channels = [0, 0, 0]
    for place in range(8):
        for channel in range(3):
            channels[channel] |= (label >> (3 * place + channel) & 1) << (7 - place)
    red, green, blue = channels
    return red, green, blue
