"""What a picture has been through before a network mends it: noise, JPEG, or a lens out of focus.

Each tells the network how much of it there is, in one number a picture, which it sees as a plane.
"""

import io
from collections.abc import Mapping
from typing import Final, Protocol

import numpy as np
import torch
from PIL import Image
from torch import Generator, Tensor

from models.data.degradations import noisy, noisy_pairs, sigmas
from models.metrics.blur_radius import blurred
from models.metrics.quantised import quantised
from models.networks.restoring import Takes

STRENGTH_A_PIXEL: Final = 20.0
"""Of a blur's radius: so that one pixel is told as as much as twenty steps of noise are."""


class Spoiling(Protocol):
    """One kind of it. Images are [N, 3, S, S] in [0, 1]; what is told is [N], 0 to 100."""

    def by_chance(self, images: Tensor, chance: Generator) -> tuple[Tensor, Tensor, Tensor]:
        """What is to be found, what is seen, and how much is told, as training has them."""
        ...

    def usual(self, images: Tensor, seed: int) -> tuple[Tensor, Tensor]:
        """What is seen and what is told where it is measured: always the same."""
        ...


class Noise:
    """White Gaussian noise; its standard deviation in 8-bit steps is told."""

    sigma: Final = 25.0

    def by_chance(self, images: Tensor, chance: Generator) -> tuple[Tensor, Tensor, Tensor]:
        told = sigmas(len(images), chance).to(images.device)
        clean, spoiled = noisy_pairs(images, told, chance)
        return clean, spoiled, told

    def usual(self, images: Tensor, seed: int) -> tuple[Tensor, Tensor]:
        told = images.new_full((len(images),), self.sigma)
        return noisy(images, told, Generator().manual_seed(seed)), told


class Jpeg:
    """JPEG with its blocks from the corner on, chroma halved or not; 100 − quality is told."""

    quality: Final = 20
    qualities: Final = (5, 95)
    halved: Final = 0.75
    """So many of them, as files in shops are."""

    def by_chance(self, images: Tensor, chance: Generator) -> tuple[Tensor, Tensor, Tensor]:
        low, high = self.qualities
        draws = torch.rand(2, len(images), generator=chance)
        qualities = (low + (high - low) * draws[0] ** 1.5).round()
        halved = (draws[1] < self.halved).tolist()
        spoiled = compressed(images, [int(one) for one in qualities.tolist()], halved)
        return images, spoiled, (100 - qualities).to(images.device)

    def usual(self, images: Tensor, seed: int) -> tuple[Tensor, Tensor]:
        del seed  # nothing is left to chance
        count = len(images)
        spoiled = compressed(images, [self.quality] * count, [True] * count)
        return spoiled, images.new_full((count,), 100.0 - self.quality)


class Blur:
    """A Gaussian blur, a little noise and 8 bits; its radius times twenty is told."""

    radius_px: Final = 1.5
    noise: Final = 1.0
    radii_px: Final = (0.4, 4.0)
    most_noise: Final = 4.0

    def by_chance(self, images: Tensor, chance: Generator) -> tuple[Tensor, Tensor, Tensor]:
        low, high = self.radii_px
        draws = torch.rand(2, len(images), generator=chance)
        radii = low + (high - low) * draws[0] ** 1.5
        soft = torch.cat(
            [
                blurred(one, sigma=radius)
                for one, radius in zip(torch.split(images, 1), radii.tolist(), strict=True)
            ]
        )
        spoiled = noisy(soft, self.most_noise * draws[1] ** 2, chance)
        return images, quantised(spoiled), (STRENGTH_A_PIXEL * radii).to(images.device)

    def usual(self, images: Tensor, seed: int) -> tuple[Tensor, Tensor]:
        told = images.new_full((len(images),), STRENGTH_A_PIXEL * self.radius_px)
        sigma = images.new_full((len(images),), self.noise)
        soft = blurred(images, sigma=self.radius_px)
        return quantised(noisy(soft, sigma, Generator().manual_seed(seed))), told


SPOILINGS: Final[Mapping[Takes, Spoiling]] = {"noise": Noise(), "jpeg": Jpeg(), "blur": Blur()}


def compressed(images: Tensor, qualities: list[int], halved: list[bool]) -> Tensor:
    """Each [3, S, S] through a JPEG file of its own quality, its chroma halved or not."""
    pixels = (images.detach().cpu() * 255).round().clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()
    done = [
        _through_jpeg(one, quality, "4:2:0" if half else "4:4:4")
        for one, quality, half in zip(pixels, qualities, halved, strict=True)
    ]
    return torch.from_numpy(np.stack(done)).permute(0, 3, 1, 2).to(images.device).float() / 255


def _through_jpeg(
    pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], quality: int, subsampling: str
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=subsampling)
    with Image.open(file) as opened:
        return np.asarray(opened)
