"""Whether pictures show the category that they were drawn as, all asked of a classifier at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from models.generation.latent import Network, first
from models.recognition.eye import seen_as


@dataclass(frozen=True, slots=True)
class Told:
    """How likely the category that was wanted is, 0 to 1, and which is the likeliest."""

    category_probability: float
    found_category: str


@torch.no_grad()
def told_of(
    images: Tensor,
    wanted: Sequence[str],
    *,
    categories: Sequence[str],
    classify: Network,
    size: int,
    channels: int,
) -> list[Told]:
    """What a classifier says of each of [N, 3, H, W] in [0, 1], as `classify` reads a picture.

    Args:
        images: N pictures of one size.
        wanted: of each the category that it was drawn as; one of `categories`.
        categories: what the network's answers mean.
        classify: images [N, C, S, S] → calibrated probabilities [N, K].
        size: side in pixels at which the network reads.
        channels: that it reads.
    """
    probabilities = first(classify(seen_as(images, size=size, channels=channels))).double()
    rows = probabilities.tolist()
    return [
        Told(round(row[categories.index(one)], 6), categories[row.index(max(row))])
        for row, one in zip(rows, wanted, strict=True)
    ]
