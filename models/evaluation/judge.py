"""A judge is what pictures are measured with: a network's features, and the category it finds."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from models.data.image_set import Part

PIECE = 500

Eye = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Judge:
    """Two callables for images [N, C, H, W] in [0, 1], which move them to where they compute.

    Attributes:
        name: says which network it is; distances of two judges cannot be compared.
        features: gives [N, D].
        logits: gives [N, K], one for each category.
    """

    name: str
    features: Eye
    logits: Eye


Teach = Callable[[Part], Judge]
"""Makes a judge of labelled pictures; the same ones give the same judge."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Some pictures as the judge sees them.

    Attributes:
        features: [N, D].
        agreed: [N] bool, whether it finds the category of each.
    """

    features: Tensor
    agreed: Tensor


def seen(judge: Judge, part: Part) -> Seen:
    found = each(judge.logits, part).argmax(1)
    return Seen(each(judge.features, part), found == part.labels.to(found.device))


@torch.no_grad()
def each(eye: Eye, part: Part) -> Tensor:
    """What an eye sees in every picture: [N, D], where it computes."""
    return torch.cat([eye(piece / 255) for piece in torch.split(part.images, PIECE)])
