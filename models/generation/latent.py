"""Where a picture lies in a VAE's latent space, and as which category it is understood best."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from models.data.image_set import fitted

Network = Callable[..., Tensor | tuple[Tensor, ...]]


@dataclass(frozen=True, slots=True)
class Place:
    """A picture as the network sees it.

    Attributes:
        fitted: [1, C, S, S], the picture brought to the network's size and channels.
        z: [1, z], the mean of its posterior.
        label: [1] int64.
        converted: "grey" where colour was given up for a grey network.
    """

    fitted: Tensor
    z: Tensor
    label: Tensor
    converted: str | None


def place_of(
    image: Tensor,
    *,
    label: int | None,
    categories: int,
    encode: Network,
    decode: Network,
    size: int,
    channels: int,
) -> Place:
    """Encode [1, 3, H, W]; without a label, as each category in turn, and the closest one stays."""
    small = fitted(image, size=size, channels=channels)
    labels = torch.arange(categories) if label is None else torch.tensor([label])
    z = first(encode(small.repeat(len(labels), 1, 1, 1), labels))
    best = 0
    if label is None:
        errors = (first(decode(z, labels)) - small).square().mean((1, 2, 3))
        best = int(errors.argmin())
    converted = "grey" if channels == 1 and _has_colour(image) else None
    return Place(small, z[best : best + 1], labels[best : best + 1], converted)


def first(output: Tensor | tuple[Tensor, ...]) -> Tensor:
    """What a network gives, or the first of several."""
    return output if isinstance(output, Tensor) else output[0]


def _has_colour(image: Tensor) -> bool:
    return not all(torch.equal(image[:, :1], image[:, c : c + 1]) for c in range(image.shape[1]))
