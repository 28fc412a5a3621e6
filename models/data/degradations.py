"""What happens to pictures before a network mends them, the same for the same generator."""

import torch
from torch import Generator, Tensor

from models import resampling
from models.data.image_set import recoloured
from models.metrics.quantised import quantised

SIGMA_MAX = 75.0


def noisy(images: Tensor, sigma: Tensor, generator: Generator) -> Tensor:
    """Add white Gaussian noise; sigma [N] in 8-bit units. Unclipped, as the papers measure."""
    noise = torch.randn(images.shape, generator=generator).to(images.device)
    return images + noise * (sigma / 255).to(images.device)[:, None, None, None]


def noisy_pairs(images: Tensor, sigma: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Clean and noisy images; the first quarter grey, with the same noise in all channels.

    A network that has only met noise that differs between the channels fails on grey pictures.
    """
    grey = len(images) // 4
    spoiled = noisy(images, sigma, generator)
    noise = spoiled - images
    clean = images.clone()
    clean[:grey] = recoloured(recoloured(images[:grey], channels=1), channels=3)
    noise[:grey] = noise[:grey, :1]
    return clean, clean + noise


def sigmas(count: int, generator: Generator) -> Tensor:
    """Noise strengths [count] from 0 to 75, the weaker ones more often."""
    return SIGMA_MAX * torch.rand(count, generator=generator).pow(1.5)


def lowered(images: Tensor, *, scale: int) -> Tensor:
    """[N, C, H, W], sides multiples of the scale → so many times smaller, as Pillow's bicubic.

    In steps of 1/255, as a file would have it.
    """
    height, width = (side // scale for side in images.shape[2:])
    return quantised(resampling.resize(images, height=height, width=width))


def crops(images: Tensor, size: int, generator: Generator) -> Tensor:
    """A random window of each image, [N, C, size, size], turned and mirrored at random."""
    count, _, height, width = images.shape
    tops = torch.randint(height - size + 1, (count,), generator=generator).tolist()
    lefts = torch.randint(width - size + 1, (count,), generator=generator).tolist()
    turns = torch.randint(8, (count,), generator=generator).tolist()
    windows = [
        _turned(image[:, top : top + size, left : left + size], turn)
        for image, top, left, turn in zip(images, tops, lefts, turns, strict=True)
    ]
    return torch.stack(windows)


def _turned(image: Tensor, turn: int) -> Tensor:
    """One of the eight ways to lay down a square."""
    mirrored = image.flip(-1) if turn >= 4 else image
    return mirrored.rot90(turn % 4, (-2, -1))
