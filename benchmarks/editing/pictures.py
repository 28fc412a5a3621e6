"""What the trials are held on: products with exact alpha, and photographs.

By default the committed samples, from which no network of ours has learnt to restore; or any
folder, whose pictures with transparency are products and whose others are photographs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from models.data import samples

SUFFIXES: Final = frozenset({".png", ".jpg", ".jpeg", ".webp"})
UNIT: Final = 16
"""Sides are multiples of this many pixels, so that halves and quarters are whole."""


@dataclass(frozen=True, slots=True)
class Product:
    """A product cut out: straight colours [1, 3, H, W] and alpha [1, 1, H, W]."""

    name: str
    colours: Tensor
    alpha: Tensor


@dataclass(frozen=True, slots=True)
class Pictures:
    """A set: photographs are [1, 3, H, W] in [0, 1], by name."""

    name: str
    products: Sequence[Product]
    photographs: Sequence[tuple[str, Tensor]]


def shipped(*, side: int, most: int) -> Pictures:
    """The committed samples.

    Args:
        side: longer sides are brought to that many pixels.
        most: of each kind.
    """
    kinds = (samples.products(), samples.photographs())
    read = ((one.name, Image.fromarray(one.pixels)) for kind in kinds for one in kind[:most])
    return _sorted("samples", read, side)


def of_folder(folder: Path, *, side: int, most: int) -> Pictures:
    """Any pictures, the first of them by name."""
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)
    read = ((file.stem, _opened(file)) for file in files[:most])
    return _sorted(folder.name, read, side)


def pixels(image: Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """[1, C, H, W] in [0, 1] as uint8 [H, W, C]."""
    return (image[0].permute(1, 2, 0) * 255).round().clamp(0, 255).byte().contiguous().numpy()


def tensor(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> Tensor:
    """The way back."""
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255


def _sorted(name: str, read: Iterator[tuple[str, Image.Image]], side: int) -> Pictures:
    products: list[Product] = []
    photographs: list[tuple[str, Tensor]] = []
    for title, picture in read:
        image = tensor(np.asarray(_sized(picture, side)))
        if image.shape[1] == 4:
            products.append(Product(title, image[:, :3], image[:, 3:]))
        else:
            photographs.append((title, image))
    told = f"{len(products) + len(photographs)} of {name}"
    return Pictures(told, products, photographs)


def _opened(file: Path) -> Image.Image:
    with Image.open(file) as picture:
        return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _sized(picture: Image.Image, side: int) -> Image.Image:
    """Made smaller where it is larger, and cut to whole units."""
    shrink = min(1.0, side / max(picture.size))
    size = tuple(max(UNIT, round(one * shrink)) for one in picture.size)
    small = picture.resize((size[0], size[1]), Image.Resampling.LANCZOS)
    width, height = (one // UNIT * UNIT for one in small.size)
    return small.crop((0, 0, width, height))
