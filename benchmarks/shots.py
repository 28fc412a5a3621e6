"""Pictures as a shop has them, of any side: what benchmarks of files and of pixels work on."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.data import samples

Levels = NDArray[np.uint8]

CAMERA_NOISE = 2.5


def photograph(side_px: int) -> Levels:
    """[side, side, 3]: a meadow at its own sharpness, mirrored as often as it takes."""
    pixels = samples.photographs()[0].pixels
    height, width = pixels.shape[:2]
    pad = ((0, max(0, side_px - height)), (0, max(0, side_px - width)), (0, 0))
    return np.ascontiguousarray(np.pad(pixels, pad, mode="symmetric")[:side_px, :side_px])


def cutout(side_px: int) -> Levels:
    """[side, side, 4]: a rendered product with a camera's noise, transparent around it."""
    picture = Image.fromarray(samples.products()[2].pixels)
    pixels = np.array(picture.resize((side_px, side_px), Image.Resampling.BICUBIC))
    noise = np.random.default_rng(0).normal(0, CAMERA_NOISE, (side_px, side_px, 3))
    noisy = np.clip(pixels[..., :3] + noise, 0, 255).round().astype(np.uint8)
    # What cannot be seen costs no bytes.
    pixels[..., :3] = np.where(pixels[..., 3:] > 0, noisy, 0)
    return pixels


def product(side_px: int) -> Levels:
    """[side, side, 3]: the cutout over white, as on a shelf."""
    pixels = Image.fromarray(cutout(side_px))
    shelf = Image.new("RGBA", pixels.size, "white")
    shelf.alpha_composite(pixels)
    return np.array(shelf.convert("RGB"))
