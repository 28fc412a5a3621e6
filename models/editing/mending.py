"""What those who mend pictures share: a network behind its tiles, and transparency that stays."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from models import resampling
from models.failures import CannotDo
from models.layers.tiling import Tiling
from models.tiles import Network, tiled


@dataclass(frozen=True, slots=True)
class Mender:
    """A network that takes something away.

    Attributes:
        network: [N, 3, h, w] in [0, 1] and how much there is [N] to [N, 3, h, w].
        tiling: what it needs of a tile.
    """

    network: Network
    tiling: Tiling


def opened(image: Tensor, alpha: Tensor | None, *, least_side: int) -> Tensor:
    """What is mended, [1, 1 or 3, H, W]: a picture that lies over white, off it again.

    Raises:
        CannotDo: `image_too_small`.
    """
    if min(image.shape[2:]) < least_side:
        raise CannotDo("image_too_small", f"A side of {least_side} pixels at least is needed.")
    return image if alpha is None else resampling.lifted(image, alpha)[:, :3]


def learned(source: Tensor, told: float, mender: Mender) -> Tensor:
    """[1, 1 or 3, H, W] through the network in tiles, which is told how much there is."""
    tiling = mender.tiling
    return tiled(
        _in_colour(mender.network),
        source,
        source.new_tensor([told]),
        tile=tiling.tile,
        margin=tiling.margin,
        multiple=tiling.multiple,
    )


def mixed(mended: Tensor, source: Tensor, *, strength: float, alpha: Tensor | None) -> Tensor:
    """As much of what was mended as is wanted; written into it, so that there are few copies."""
    output = mended.sub_(source).mul_(strength).add_(source).clamp_(0, 1)
    return delivered(output, alpha)


def delivered(colours: Tensor, alpha: Tensor | None) -> Tensor:
    """As it was: white where nothing is covered."""
    if alpha is None:
        return colours
    return torch.cat((colours.masked_fill_(alpha <= 0, 1.0), alpha), dim=1)


def _in_colour(network: Network) -> Callable[[Tensor, Tensor], Tensor]:
    """The network on grey tiles as on colour ones."""

    def mended(tile: Tensor, told: Tensor) -> Tensor:
        output = network(tile.expand(-1, 3, -1, -1), told)
        colour = output if isinstance(output, Tensor) else output[0]
        clean = colour.detach().float().to(tile.device)
        return clean if tile.shape[1] == 3 else clean.mean(dim=1, keepdim=True)

    return mended
