"""Another picture as a ground: as large as is needed to cover all, cut evenly at its sides."""

from torch import Tensor

from models import resampling


def covering(picture: Tensor, *, height: int, width: int) -> Tensor:
    """The middle of [1, 3, h, w] in [0, 1] at a size of its own: [1, 3, H, W]."""
    scale = magnified(picture, height=height, width=width)
    across, down = min(width / scale, picture.shape[3]), min(height / scale, picture.shape[2])
    left, top = (picture.shape[3] - across) / 2, (picture.shape[2] - down) / 2
    box = (left, top, min(left + across, picture.shape[3]), min(top + down, picture.shape[2]))
    return resampling.crop_resize(picture, box=box, height=height, width=width).clamp_(0, 1)


def magnified(picture: Tensor, *, height: int, width: int) -> float:
    """How many times larger it is made; above 1 it is enlarged, and less sharp than it was."""
    return max(height / picture.shape[2], width / picture.shape[3])
