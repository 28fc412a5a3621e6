"""A picture as a vector: what a classifier decides by, and how the picture is built.

The classifier's features alone, at the size at which it reads, lose two of five photographs whose
hue was turned, and structure alone knows no product from behind; together they find copies and
what is of the same kind (`python -m benchmarks.search`).
"""

from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from models.generation.latent import Network, first
from models.recognition.eye import seen_as
from models.recognition.structure import structure

RECIPE: Final = "look-1"
"""Changes with whatever changes a vector: those of another recipe cannot be compared."""


def embed(image: Tensor, *, features: Network, size: int, channels: int) -> Tensor:
    """[1, 3, H, W] in [0, 1], of any size → [D]: what `embed_all` tells of it."""
    return embed_all(image, features=features, size=size, channels=channels)[0]


@torch.no_grad()
def embed_all(images: Tensor, *, features: Network, size: int, channels: int) -> Tensor:
    """[N, 3, H, W] in [0, 1] → [N, D], of length one: features, edges and fields in equal parts.

    Args:
        images: all of one size, whichever.
        features: images [N, C, S, S] → [N, F], a classifier's.
        size: side in pixels at which the network reads.
        channels: that it reads.
    """
    seen = first(features(seen_as(images, size=size, channels=channels))).float()
    parts = (functional.normalize(seen, dim=1), *structure(images))
    return functional.normalize(torch.cat(parts, 1), dim=1)
