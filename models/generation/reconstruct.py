"""A picture through the VAE and back: what the network understood of it."""

import torch
from torch import Tensor

from models.generation.latent import Network, first, place_of
from models.made import Made


@torch.no_grad()
def reconstruct(
    image: Tensor,
    *,
    label: int | None,
    categories: int,
    encode: Network,
    decode: Network,
    size: int,
    channels: int,
) -> Made:
    """[1, 3, H, W] → [1, C, S, S]; the picture fitted to the network is its own reference."""
    place = place_of(
        image,
        label=label,
        categories=categories,
        encode=encode,
        decode=decode,
        size=size,
        channels=channels,
    )
    output = first(decode(place.z, place.label)).clamp(0, 1)
    return Made(
        images=(output,),
        expected=place.fitted.expand(-1, 3, -1, -1),
        report={"label": int(place.label), "converted": place.converted},
    )
