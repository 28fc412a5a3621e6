"""What kind of product a picture shows: the likeliest categories, with their probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from models.generation.latent import Network, first
from models.recognition.eye import seen_as


@dataclass(frozen=True, slots=True)
class Likely:
    """A category, and how likely it is, 0 to 1."""

    category: str
    probability: float


@torch.no_grad()
def classify(
    image: Tensor,
    *,
    categories: Sequence[str],
    top_k: int,
    classify: Network,
    size: int,
    channels: int,
) -> list[Likely]:
    """The likeliest categories of [1, 3, H, W] in [0, 1], the likeliest first.

    Args:
        image: any size; it is made small as the pictures were that the network learnt from.
        categories: what the network's answers mean.
        top_k: how many; fewer where there are fewer.
        classify: images [N, C, S, S] → calibrated probabilities [N, K].
        size: side in pixels at which the network reads.
        channels: that it reads.
    """
    probabilities = first(classify(seen_as(image, size=size, channels=channels)))[0].double()
    found = probabilities.topk(min(top_k, len(categories)))
    pairs = zip(found.indices.tolist(), found.values.tolist(), strict=True)
    return [Likely(categories[row], round(value, 6)) for row, value in pairs]
