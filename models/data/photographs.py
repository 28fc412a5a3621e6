"""Photographs of Debian's wallpaper packages as patches, for networks that restore.

Packages `lomiri-wallpapers-16.04` (CC-BY, CC-BY-SA, CC0) and `mate-backgrounds` (GPL-2+). They are
training input and are not redistributed.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from models.data.image_set import ImageSet
from models.data.windows import detail

FOLDER = Path("/usr/share/backgrounds")
PATTERNS = ("*.jpg", "mate/nature/*.jpg")
VALIDATION = ("life", "Picture_1A", "free_", "TwoWings")
LICENCE = "CC-BY-4.0, CC-BY-SA-4.0, CC0-1.0 and GPL-2+ photographs"
SOURCE = "Debian lomiri-wallpapers-16.04 and mate-backgrounds (nature), halved"
PATCH = 128


class NoPhotographsError(FileNotFoundError):
    """The packages are not installed."""


def read(folder: Path = FOLDER, *, patch: int = PATCH) -> ImageSet:
    """Patches [N, 3, patch, patch] from halves and quarters; whole photographs are held out."""
    files = [path for pattern in PATTERNS for path in sorted(folder.glob(pattern))]
    if not files:
        raise NoPhotographsError(f"no photographs in {folder}")
    cut = [_patches(path, patch) for path in files]
    held_out = [_is_validation(path) for path in files]
    flags = [flag for patches, flag in zip(cut, held_out, strict=True) for _ in patches]
    images = torch.cat(cut)
    return ImageSet(
        name="photographs",
        images=images,
        labels=torch.zeros(len(images), dtype=torch.int64),
        categories=("photograph",),
        validation=torch.tensor(flags),
        licence=LICENCE,
        source=SOURCE,
    )


def read_detailed(folder: Path = FOLDER) -> ImageSet:
    """The half of the patches that is richer in detail; see `detailed`."""
    return detailed(read(folder))


def detailed(whole: ImageSet) -> ImageSet:
    """The half of these patches that is richer in detail: no sky, no blur.

    Of plain patches nothing is learnt, and on the mean PSNR of those held out they have more say
    than all others: what is right to the last bit in most pixels counts 60 dB and more.
    """
    shown = detail(whole.images / 255)
    kept = shown >= shown.median()
    held_out = torch.zeros(len(whole), dtype=torch.bool)
    held_out[whole.validation] = True
    return replace(
        whole,
        images=whole.images[kept],
        labels=whole.labels[kept],
        validation=held_out[kept],
        source=f"{whole.source}, the half of the patches that is richer in detail",
    )


def _is_validation(path: Path) -> bool:
    return path.name.startswith(VALIDATION)


def _patches(path: Path, patch: int) -> Tensor:
    """Halving removes JPEG blocks and the sensor's softness; the quarter adds finer texture."""
    with Image.open(path) as opened:
        photograph = opened.convert("RGB")
    parts = [_cut(photograph.reduce(factor), patch) for factor in (2, 4)]
    return torch.cat(parts)


def _cut(photograph: Image.Image, patch: int) -> Tensor:
    pixels = torch.from_numpy(np.array(photograph)).permute(2, 0, 1)
    rows, columns = pixels.shape[1] // patch, pixels.shape[2] // patch
    whole = pixels[:, : rows * patch, : columns * patch]
    tiles = whole.reshape(3, rows, patch, columns, patch).permute(1, 3, 0, 2, 4)
    return tiles.reshape(-1, 3, patch, patch)
