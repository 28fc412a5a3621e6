"""Products that are cut out exactly, and grounds to put them on, as small as a test needs."""

import torch
from torch import Generator, Tensor

from models.data.cutouts import CutOuts, Grounds


def discs(count: int, side: int = 32) -> Tensor:
    """uint8 [N, 4, S, S]: discs with a soft rim, over white; each of another colour and size."""
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    far = ((y - side / 2 + 0.5) ** 2 + (x - side / 2 + 0.5) ** 2).sqrt()
    radius = side / 6 + torch.arange(count)[:, None, None] % 5 * side / 30
    alpha = (radius - far + 0.5).clamp(0, 1)[:, None]
    colour = torch.rand(count, 3, 1, 1, generator=Generator().manual_seed(5))
    over_white = alpha * colour + 1 - alpha
    return (torch.cat([over_white, alpha], dim=1) * 255).round().byte()


def grounds(count: int = 6, side: int = 60) -> Grounds:
    """Blocks of colours; those held out are others."""
    blocks = torch.rand(2 * count, 3, 5, 5, generator=Generator().manual_seed(3))
    large = torch.nn.functional.interpolate(blocks, (side, side))
    learnt, held_out = (large * 255).byte().split(count)  # type: ignore[no-untyped-call]
    return Grounds(learnt, held_out)


def cutouts(count: int = 20, side: int = 32, held_out: int = 4) -> CutOuts:
    return CutOuts(
        name="discs",
        images=discs(count, side),
        labels=torch.arange(count) % 2,
        categories=("a", "b"),
        validation=torch.arange(count - held_out, count),
        licence="CC0",
        source="made here",
        grounds=grounds(),
    )
