"""Makes a picture larger: by a network, asked as often as it takes, or bicubic."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from models import resampling
from models.failures import CannotDo
from models.layers.tiling import Tiling
from models.made import Made
from models.tiles import Network, tiled

_MAX_PIXELS = 64_000_000
_REACH = 4  # of the filter that shrinks what came out too large, in pixels of the source


@dataclass(frozen=True, slots=True)
class Enlarger:
    """A network that enlarges by itself.

    Attributes:
        network: [N, 3, h, w] in [0, 1] to [N, 3, h·scale, w·scale] in [0, 1].
        scale: how many times, 2 or more.
        tiling: what it needs of a tile.
    """

    network: Network
    scale: int
    tiling: Tiling


def upscale(
    image: Tensor, *, scale: int, enlarger: Enlarger | None = None, alpha: Tensor | None = None
) -> Made:
    """Enlarges a picture by a whole number.

    Args:
        image: [1, 1, 3 or 4, H, W] in [0, 1]; over white where there is an alpha beside it.
        scale: how many times.
        enlarger: who enlarges, in tiles; None for bicubic. Transparency is always bicubic.
        alpha: [1, 1, H, W], the picture's transparency; the result is RGBA then.
    """
    height, width = scale * image.shape[2], scale * image.shape[3]
    if height * width > _MAX_PIXELS:
        raise CannotDo("output_too_large", f"{width} x {height} is more than 64 megapixels.")
    source = image if alpha is None else resampling.lifted(image, alpha)
    engine: Literal["network", "classical"] = "classical" if enlarger is None else "network"
    report: dict[str, float | int | str | None] = {"scale": scale, "engine": engine}
    if enlarger is None:
        output = resampling.resize(source, height=height, width=width)
    else:
        output = _learned(source, scale, enlarger)
        report["passes"] = _passes(scale, enlarger.scale)
    placement = (float(scale), 0.0, 0.0, 0.0, float(scale), 0.0)
    return Made((output,), placement=placement, report=report)


def _learned(source: Tensor, scale: int, enlarger: Enlarger) -> Tensor:
    """The colours by the network, the coverage beside them as before."""
    alpha = source[:, 3:]
    colours = resampling.bled(source[:, :3], alpha) if alpha.shape[1] else source
    passes = _passes(scale, enlarger.scale)
    tiling = enlarger.tiling
    # What a later pass sees lies nearer in the source than what it sees of its own pixels.
    margins = [-(-tiling.margin // enlarger.scale**number) for number in range(passes)]
    large = tiled(
        _as_often(enlarger, scale, passes),
        colours,
        tile=max(1, tiling.tile // enlarger.scale ** (passes - 1)),
        margin=sum(margins) + _REACH,
        multiple=tiling.multiple,
    )
    if not alpha.shape[1]:
        return large
    height, width = large.shape[2:]
    covered = resampling.resize(alpha, height=height, width=width)
    return torch.cat((large.masked_fill_(covered < 1 / 1024, 1.0), covered), dim=1)


def _passes(scale: int, once: int) -> int:
    """How often a network is asked until its picture is large enough."""
    count = 1
    while once**count < scale:
        count += 1
    return count


def _as_often(enlarger: Enlarger, scale: int, passes: int) -> Callable[[Tensor], Tensor]:
    """The network on its own output, and bicubic down to the scale; grey tiles as colour ones."""

    def enlarged(tile: Tensor) -> Tensor:
        large = tile.expand(-1, 3, -1, -1)
        for _ in range(passes):
            answer = enlarger.network(large)
            colour = answer if isinstance(answer, Tensor) else answer[0]
            large = colour.detach().float().to(tile.device)
        if enlarger.scale**passes != scale:
            height, width = (side * scale for side in tile.shape[2:])
            large = resampling.resize(large, height=height, width=width)
        return large if tile.shape[1] == 3 else large.mean(dim=1, keepdim=True)

    return enlarged
