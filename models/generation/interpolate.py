"""The way from one picture to another through the VAE's latent space."""

import torch
from torch import Tensor

from models.generation.latent import Network, first, place_of
from models.made import Made


@torch.no_grad()
def interpolate(
    image_a: Tensor,
    image_b: Tensor,
    *,
    label: int | None,
    categories: int,
    steps: int,
    encode: Network,
    decode: Network,
    size: int,
    channels: int,
) -> Made:
    """Two [1, 3, H, W] → `steps` pictures [1, C, S, S], the reconstructions of both at the ends.

    Where the two are of different categories, each step is drawn as both and mixed.
    """
    start, end = (
        place_of(
            image,
            label=label,
            categories=categories,
            encode=encode,
            decode=decode,
            size=size,
            channels=channels,
        )
        for image in (image_a, image_b)
    )
    share = torch.linspace(0, 1, steps)
    z = torch.lerp(start.z, end.z, share[:, None])
    as_start = first(decode(z, start.label.expand(steps)))
    as_end = first(decode(z, end.label.expand(steps)))
    images = torch.lerp(as_start, as_end, share[:, None, None, None]).clamp(0, 1)
    report: dict[str, float | int | str | None] = {
        "label_a": int(start.label),
        "label_b": int(end.label),
        "converted": start.converted or end.converted,
    }
    return Made(images=torch.split(images, 1), report=report)
