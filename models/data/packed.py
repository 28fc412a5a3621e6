"""A set of pictures as a few files that travel: sheets of many pictures, and what is told of them.

Lossless WebP, which takes half of what single files take; photographs may be JPEG instead.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from models.data.image_set import ImageSet
from models.failures import CannotDo

TOLD = "set.json"
ROWS = COLUMNS = 32


@dataclass(frozen=True, slots=True)
class Told:
    """What a set is, without its pictures.

    Attributes:
        shape: of `images`: N, C, H, W.
        digest: of the set; None where its pictures are not kept to the bit.
    """

    name: str
    shape: tuple[int, int, int, int]
    labels: list[int]
    validation: list[int]
    categories: tuple[str, ...]
    licence: str
    source: str
    digest: str | None


def write(images: ImageSet, folder: Path, *, quality: int | None = None) -> int:
    """Writes a set into its own folder and tells its bytes.

    Args:
        images: the set; grey or in colour.
        folder: made where it is not there.
        quality: of JPEG without colour subsampling, 1 to 100; None keeps every bit.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number, part in enumerate(torch.split(images.images, ROWS * COLUMNS)):
        sheet = _sheet(part)
        if quality is None:
            sheet.save(folder / f"{number:03}.webp", lossless=True, quality=60, method=4)
        else:
            sheet.save(folder / f"{number:03}.jpg", quality=quality, subsampling=0, optimize=True)
    told = json.dumps(asdict(_told(images, quality)), ensure_ascii=False)
    (folder / TOLD).write_text(told, encoding="utf-8")
    return sum(path.stat().st_size for path in folder.iterdir())


def read(folder: Path) -> ImageSet:
    """The set that was written there.

    Raises:
        CannotDo: `dataset_missing` where there is none, or other pictures than were written.
    """
    told = _read_told(folder)
    images = ImageSet(
        name=told.name,
        images=_pictures(folder, told.shape),
        labels=torch.tensor(told.labels, dtype=torch.int64),
        categories=tuple(told.categories),
        validation=torch.tensor(told.validation, dtype=torch.int64),
        licence=told.licence,
        source=told.source,
    )
    if told.digest is not None and told.digest != images.digest():
        raise CannotDo("dataset_missing", f"{folder} holds other pictures than were packed")
    return images


def _told(images: ImageSet, quality: int | None) -> Told:
    count, channels, height, width = images.images.shape
    held_out = torch.zeros(count, dtype=torch.bool)
    held_out[images.validation] = True
    return Told(
        name=images.name,
        shape=(count, channels, height, width),
        labels=images.labels.tolist(),
        validation=held_out.nonzero().flatten().tolist(),
        categories=images.categories,
        licence=images.licence,
        source=images.source if quality is None else f"{images.source}, as JPEG {quality}",
        digest=images.digest() if quality is None else None,
    )


def _read_told(folder: Path) -> Told:
    try:
        return Told(**json.loads((folder / TOLD).read_text(encoding="utf-8")))
    except (OSError, TypeError, ValueError) as error:
        raise CannotDo("dataset_missing", f"no packed pictures in {folder}: {error}") from error


def _sheet(part: Tensor) -> Image.Image:
    """Pictures [N, C, H, W] row by row; what is left over of the last row is black."""
    count, channels, height, width = part.shape
    rows = -(-count // COLUMNS)
    whole = torch.zeros(rows * COLUMNS, channels, height, width, dtype=torch.uint8)
    whole[:count] = part
    grid = whole.view(rows, COLUMNS, channels, height, width).permute(0, 3, 1, 4, 2)
    pixels = grid.reshape(rows * height, COLUMNS * width, channels).expand(-1, -1, 3)
    return Image.fromarray(pixels.contiguous().numpy())


def _pictures(folder: Path, shape: tuple[int, int, int, int]) -> Tensor:
    count, channels, height, width = shape
    images = torch.empty((count, channels, height, width), dtype=torch.uint8)
    filled = 0
    for part in _parts(folder, channels, height, width):
        rows = part[: count - filled]
        images[filled : filled + len(rows)] = rows
        filled += len(rows)
    if filled < count:
        raise CannotDo("dataset_missing", f"{folder} holds {filled} of {count} pictures")
    return images


def _parts(folder: Path, channels: int, height: int, width: int) -> Iterator[Tensor]:
    for path in sorted([*folder.glob("*.webp"), *folder.glob("*.jpg")]):
        with Image.open(path) as opened:
            pixels = torch.from_numpy(np.array(opened.convert("RGB")))[..., :channels]
        rows, columns = pixels.shape[0] // height, pixels.shape[1] // width
        grid = pixels.view(rows, height, columns, width, channels).permute(0, 2, 4, 1, 3)
        yield grid.reshape(rows * columns, channels, height, width)
