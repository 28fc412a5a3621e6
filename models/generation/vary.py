"""Variants of a picture, from its neighbourhood in the VAE's latent space."""

import torch
from torch import Generator, Tensor

from models.generation.diversity import diversity
from models.generation.latent import Network, first, place_of
from models.made import Made


@torch.no_grad()
def vary(
    image: Tensor,
    *,
    label: int | None,
    categories: int,
    n: int,
    sigma: float,
    seed: int,
    encode: Network,
    decode: Network,
    prior: Network,
    z_dim: int,
    size: int,
    channels: int,
) -> Made:
    """[1, 3, H, W] → `n` pictures [1, C, S, S]; sigma 0 is the reconstruction.

    Steps are taken as the category's own pictures are spread: sigma in its standard deviations.
    """
    place = place_of(
        image,
        label=label,
        categories=categories,
        encode=encode,
        decode=decode,
        size=size,
        channels=channels,
    )
    labels = place.label.expand(n)
    noise = torch.randn(n, z_dim, generator=Generator().manual_seed(seed))
    steps = first(prior(noise, labels)) - first(prior(torch.zeros_like(noise), labels))
    images = first(decode(place.z + sigma * steps, labels)).clamp(0, 1)
    report: dict[str, float | int | str | None] = {
        "label": int(place.label),
        "converted": place.converted,
        "diversity": diversity(images),
    }
    details = ({"label": int(place.label)},) * n
    return Made(images=torch.split(images, 1), report=report, details=details)
