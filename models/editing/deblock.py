"""Takes JPEG's blocks out of a picture: by a network, or by the picture's own other JPEGs.

The classical way is that of Nosratinia (2001): compressed again on shifted grids, each copy errs
at other places, and their mean errs less.
"""

import io
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from models.editing.mending import Mender, delivered, learned, mixed, opened
from models.made import Made
from models.metrics.jpeg import UNSEEN_QUALITY, jpeg_quality
from models.tiles import tiled

_SMALLEST_SIDE = 16
_SHIFTS: Final = tuple((y, x) for y in range(0, 8, 2) for x in range(0, 8, 2))
_TILE, _UNIT, _REACH = 512, 16, 16
"""Halved chroma makes units of 16 pixels; a shift of up to 7 and its filter look no farther."""


def deblock(
    image: Tensor,
    *,
    quality: int | None,
    strength: float,
    mender: Mender | None = None,
    alpha: Tensor | None = None,
) -> Made:
    """Takes away what JPEG of a told or found quality has added, in tiles.

    Args:
        image: [1, 1 or 3, H, W] in [0, 1]; over white where there is an alpha beside it.
        quality: as libjpeg counts it, 1 to 100; None: it is found from the picture's own blocks.
        strength: 0 leaves the picture, 1 takes all that was found.
        mender: who removes it; None for the mean of shifted JPEGs.
        alpha: [1, 1, H, W], the picture's transparency, kept as it is; the result is RGBA then.
    """
    source = opened(image, alpha, least_side=_SMALLEST_SIDE)
    found = jpeg_quality(source) if quality is None else quality
    report: dict[str, float | int | str | None] = {
        "quality": found,
        "quality_estimated": int(quality is None),
        "engine": "classical" if mender is None else "network",
    }
    if found >= UNSEEN_QUALITY or strength == 0:
        return Made((delivered(source.clone(), alpha),), report=report)
    smooth = _classical(source, found) if mender is None else learned(source, 100.0 - found, mender)
    return Made((mixed(smooth, source, strength=strength, alpha=alpha),), report=report)


def shifted_mean(quality: int) -> Callable[[Tensor], Tensor]:
    """For a picture of this quality: [1, C, H, W] in [0, 1] to the mean of its shifted JPEGs."""

    def averaged(tile: Tensor) -> Tensor:
        pixels = _as_bytes(tile)
        height, width = pixels.shape[:2]
        total = np.zeros(pixels.shape, np.float32)
        for y, x in _SHIFTS:
            framed = np.pad(pixels, ((y, 0), (x, 0), *((0, 0),) * (pixels.ndim - 2)), mode="edge")
            total += _again(framed, quality)[y : y + height, x : x + width]
        mean = torch.from_numpy(total / (255 * len(_SHIFTS)))
        return mean[None, None] if mean.ndim == 2 else mean.permute(2, 0, 1)[None]

    return averaged


def _classical(source: Tensor, quality: int) -> Tensor:
    return tiled(shifted_mean(quality), source, tile=_TILE, margin=_REACH, multiple=_UNIT)


def _as_bytes(tile: Tensor) -> Any:
    pixels = (tile[0] * 255).round().clamp(0, 255).to(torch.uint8)
    return pixels[0].numpy() if len(pixels) == 1 else pixels.permute(1, 2, 0).numpy()


def _again(pixels: Any, quality: int) -> Any:
    """The picture through a JPEG of this quality, its chroma halved as files have it."""
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(
        file, "JPEG", quality=quality, subsampling="4:2:0"
    )
    with Image.open(file) as opened:
        return np.asarray(opened)
