"""What the demo works on: garments, photographs, and products before a studio's backdrop.

Everything is made from the small committed data set with fixed seeds, so that two runs send the
same bytes.
"""

import io
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from models.data import samples

SIDE_PX = 640
Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Shot:
    """A product before a backdrop, as a shop's camera saw it, and where the product is."""

    name: str
    image: Image.Image
    product: Image.Image


def products() -> dict[str, samples.Sample]:
    return {sample.name: sample for sample in samples.products()}


def shot(sample: samples.Sample, *, top: Colour, bottom: Colour) -> Shot:
    """A product on a lit sweep of paper, with the soft shadow it throws there."""
    product = Image.new("RGBA", (SIDE_PX, SIDE_PX))
    cut = Image.fromarray(sample.pixels)
    side = (SIDE_PX - cut.width) // 2
    product.paste(cut, (side, side + 24))
    ground = _sweep(top, bottom)
    ground = _shadowed(ground, product.getchannel("A"))
    ground.paste(product.convert("RGB"), mask=product.getchannel("A"))
    return Shot(sample.name, _grained(ground, sigma=1.2, seed=_seed(sample.name)), product)


def photographs() -> dict[str, Image.Image]:
    """Colour photographs, cut to even sides so that a half is a half."""
    found = {sample.name: Image.fromarray(sample.pixels).convert("RGB") for sample in _sources()}
    return {
        name: image.crop((0, 0, image.width // 2 * 2, image.height // 2 * 2))
        for name, image in found.items()
    }


def garments(number: int) -> list[tuple[str, Image.Image]]:
    """The so-manieth photograph of each category with its category."""
    found = samples.garments()
    return [
        (category, Image.fromarray(found.images[np.flatnonzero(found.labels == label)[number], 0]))
        for label, category in enumerate(found.categories)
    ]


def noisy(image: Image.Image, sigma: float) -> Image.Image:
    """White Gaussian noise, the same for the same picture."""
    return _grained(image, sigma=sigma, seed=_seed(f"{image.size} {sigma}"))


def half(image: Image.Image) -> Image.Image:
    return image.resize((image.width // 2, image.height // 2), Image.Resampling.BICUBIC)


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _sources() -> tuple[samples.Sample, ...]:
    return samples.photographs()


def _sweep(top: Colour, bottom: Colour) -> Image.Image:
    """Paper that curves from wall to floor, brightest in the middle."""
    down = np.linspace(0, 1, SIDE_PX)[:, None, None]
    colour = np.array(top) * (1 - down) + np.array(bottom) * down
    across = np.linspace(-1, 1, SIDE_PX)
    glow = 1 - 0.10 * (across[None, :] ** 2 + across[:, None] ** 2)
    return _image(colour * glow[:, :, None])


def _shadowed(ground: Image.Image, product: Image.Image) -> Image.Image:
    """Darker where the product stands between lamp and paper."""
    flat = product.resize((SIDE_PX, SIDE_PX // 7))
    box = product.getbbox() or (0, 0, SIDE_PX, SIDE_PX)
    shadow = Image.new("L", ground.size)
    shadow.paste(flat, (0, min(box[3] - SIDE_PX // 10, SIDE_PX - flat.height)))
    depth = np.asarray(shadow.filter(ImageFilter.GaussianBlur(14)), np.float64) / 255
    return _image(np.asarray(ground, np.float64) * (1 - 0.35 * depth[:, :, None]))


def _grained(image: Image.Image, *, sigma: float, seed: int) -> Image.Image:
    pixels = np.asarray(image, np.float64)
    return _image(pixels + np.random.default_rng(seed).normal(0, sigma, pixels.shape))


def _image(pixels: NDArray[np.float64]) -> Image.Image:
    return Image.fromarray(pixels.clip(0, 255).round().astype(np.uint8))


def _seed(text: str) -> int:
    return zlib.crc32(text.encode())
