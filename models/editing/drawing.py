"""Texture over a film that fills a hole: a network that draws, at a scale at which it can.

It learnt on holes up to some fifty pixels wide. A wider one is drawn smaller, and what it adds is
enlarged; so its grain is coarser, and a hole of a thousand pixels still has some.
"""

from collections.abc import Callable

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from models import resampling
from models.layers.tiling import Tiling
from models.tiles import Network, tiled

Draw = Callable[[Tensor, Tensor], Tensor]
"""Film [1, 3, H, W] in [0, 1] and hole [1, 1, H, W] bool → the film with texture in the hole."""

WIDEST_PX = 48
TILING = Tiling(multiple=8, margin=96)


def drawer(fill: Network) -> Draw:
    """What draws with a network: films [N, 3, h, w] and holes [N, 1, h, w] to [N, 3, h, w]."""

    def draw(film: Tensor, hole: Tensor) -> Tensor:
        height, width = film.shape[2:]
        smaller = max(1.0, _widest(hole) / WIDEST_PX)
        sides = {name: max(8, round(side / smaller)) for name, side in _named(height, width)}
        seen, covered = film, hole.to(film.dtype)
        if smaller > 1:
            seen = resampling.resize(film, **sides)
            covered = (resampling.resize(covered, **sides) > 0).to(film.dtype)
        added = _drawn(fill, seen, covered) - seen
        if smaller > 1:
            added = F.interpolate(added, (height, width), mode="bicubic", align_corners=False)
        return torch.where(hole, (film + added).clamp(0, 1), film)

    return draw


def _drawn(fill: Network, film: Tensor, hole: Tensor) -> Tensor:
    """In tiles, each with its part of the hole."""

    def filled(tile: Tensor) -> Tensor:
        output = fill(tile[:, :3], tile[:, 3:])
        drawn = output if isinstance(output, Tensor) else output[0]
        return drawn.detach().float().to(tile.device)

    both = torch.cat([film, hole], dim=1)
    return tiled(filled, both, tile=TILING.tile, margin=TILING.margin, multiple=TILING.multiple).to(
        film.device
    )


def _widest(hole: Tensor) -> float:
    """Twice the farthest that a pixel of it is from its rim."""
    plane = F.pad(hole[0, 0], (1, 1, 1, 1)).numpy().astype(np.uint8)
    return 2 * float(cv2.distanceTransform(plane, cv2.DIST_L2, cv2.DIST_MASK_5).max())


def _named(height: int, width: int) -> tuple[tuple[str, int], tuple[str, int]]:
    return ("height", height), ("width", width)
