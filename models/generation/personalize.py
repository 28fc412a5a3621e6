"""Pictures to somebody's taste: a direction of preference in a VAE's latent space, and steps on it.

The direction is the posterior mean of a Bayesian linear model whose weights are normal around zero
(Rasmussen & Williams 2006, chapter 2.1), in its dual form: of codes that were liked, 1, or not, -1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from models.generation.diversity import diversity
from models.generation.latent import Network, first, place_of
from models.made import Made

NOISE: Final = 1.0
"""How much of an opinion is chance, where a code at the prior's own distance counts as 1."""


@dataclass(frozen=True, slots=True)
class Opinions:
    """Pictures [1, 3, H, W] that were liked, at least one, and that were not."""

    liked: Sequence[Tensor]
    disliked: Sequence[Tensor]


@torch.no_grad()
def personalize(
    known: Opinions,
    *,
    label: int | None,
    categories: int,
    n: int,
    strength: float,
    seed: int,
    encode: Network,
    decode: Network,
    prior: Network,
    z_dim: int,
    size: int,
    channels: int,
) -> Made:
    """`n` pictures [1, C, S, S] of the category, each drawn and moved to what is liked.

    Args:
        known: the opinions.
        label: the category to draw; None: that of the first picture that was liked.
        categories: how many the network knows.
        n: how many pictures.
        strength: how far, in standard deviations of what the category draws in that direction.
        seed: of the draws; the same with another strength are the same pictures, moved.
        encode: images and labels → codes [N, z].
        decode: codes and labels → images.
        prior: noise [N, z] and labels → codes as the category's own are spread.
        z_dim: of the noise.
        size: side in pixels of the network.
        channels: of the network.

    Its report tells what the model expects of the pictures before and after their step.
    """
    places = [
        place_of(
            image,
            label=label,
            categories=categories,
            encode=encode,
            decode=decode,
            size=size,
            channels=channels,
        )
        for image in (*known.liked, *known.disliked)
    ]
    likes = torch.tensor([1.0] * len(known.liked) + [-1.0] * len(known.disliked))
    labels = places[0].label.expand(n)
    noise = torch.randn(n, z_dim, generator=torch.Generator().manual_seed(seed))
    drawn = first(prior(noise, labels)).float()
    middle = first(prior(torch.zeros(1, z_dim), labels[:1])).float()
    weights = _weights(torch.cat([one.z for one in places]).float() - middle, likes)
    direction = weights / weights.norm().clamp(min=1e-6)
    moved = drawn + strength * _spread(drawn - middle, direction) * direction
    images = first(decode(moved, labels)).clamp(0, 1)
    report: dict[str, float | int | str | None] = {
        "label": int(labels[0]),
        "liked": len(known.liked),
        "disliked": len(known.disliked),
        "converted": places[0].converted,
        "expected_before": float(((drawn - middle) @ weights).mean()),
        "expected": float(((moved - middle) @ weights).mean()),
        "diversity": diversity(images),
    }
    details = tuple({"label": one} for one in labels.tolist())
    return Made(images=torch.split(images, 1), report=report, details=details)


def _weights(codes: Tensor, likes: Tensor) -> Tensor:
    """[N, z], [N] → [z]; a code of unit variance in each dimension has the length one."""
    seen = codes / codes.shape[1] ** 0.5
    among = seen @ seen.T + NOISE * torch.eye(len(seen))
    return seen.T @ torch.linalg.solve(among, likes) / codes.shape[1] ** 0.5


def _spread(codes: Tensor, direction: Tensor) -> Tensor:
    """How far the category's codes reach in a direction; of one code alone, how long it is."""
    along = codes @ direction
    return along.std() if len(along) > 1 else codes.norm() / codes.shape[1] ** 0.5
