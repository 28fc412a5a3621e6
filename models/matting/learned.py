"""The product's matte by a network, with the classical one to hold against it."""

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor

from models.failures import CannotDo
from models.matting import edge, matte
from models.matting.matte import Finder, Matte

Network = Callable[..., Tensor | tuple[Tensor, ...]]

VIEW_SIDE: Final = 512
_SURE = 0.02  # so near to 0 or 1 a network means 0 or 1


def finder(network: Network) -> Finder:
    """Finds by this network what `matte.find` finds by colours.

    The network sees a view of 512 pixels at most, so what it holds does not grow with the picture;
    only the edge is taken to full size, by the picture's own edges, strip by strip.

    Args:
        network: [1, 3, h, w] in [0, 1] to how far the product covers, [1, 1, h, w] in [0, 1].
    """

    def find(image: Tensor) -> Matte:
        full = matte.pixels(image)
        view = matte.viewed(full, side=VIEW_SIDE)
        seen = torch.from_numpy(view).permute(2, 0, 1)[None].contiguous()
        soft = _settled(_answer(network, seen))
        matte.refuse_nothing(float((soft > 0.5).float().mean()))
        alpha = matte.plane(edge.enlarge(soft[0, 0].numpy(), view, full).clip(0, 1))
        coverage = float(alpha.mean())
        return Matte(alpha, _independent(image), {"coverage": coverage, "engine": "network"})

    return find


def _answer(network: Network, seen: Tensor) -> Tensor:
    output = network(seen)
    found = output if isinstance(output, Tensor) else output[0]
    return found.detach().float().cpu()


def _settled(alpha: Tensor) -> Tensor:
    """0 and 1 where it is as good as that: else what is solid would be softened as a rim is."""
    return alpha.masked_fill(alpha < _SURE, 0.0).masked_fill(alpha > 1 - _SURE, 1.0)


def _independent(image: Tensor) -> Tensor:
    """The classical mask; where that finds nothing, what differs from the border's colour."""
    try:
        return (matte.find(image).alpha > 0.5).to(image.dtype)
    except CannotDo:
        return matte.second_opinion(image)
