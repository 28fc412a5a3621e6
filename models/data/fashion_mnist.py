"""Fashion-MNIST as Debian packages it: 70,000 shop photographs of 28×28 pixels in ten categories.

Package `dataset-fashion-mnist`. torchvision refuses these files, whose gzip checksums differ.
"""

import gzip
import struct
from pathlib import Path

import torch
from torch import Tensor

from models.data.image_set import ImageSet

FOLDER = Path("/usr/share/datasets/fashion-mnist")
CATEGORIES = (
    "t-shirt",
    "trousers",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
LICENCE = "MIT, © 2017 Zalando SE"
SOURCE = "Debian dataset-fashion-mnist, github.com/zalandoresearch/fashion-mnist"
FIRST_VALIDATION_ROW = 55_000
MAX_ENTRIES = 100_000_000


class DatasetError(ValueError):
    """The files are not what they should be."""


def read(folder: Path = FOLDER) -> ImageSet:
    """The 60,000 training pictures; rows from 55,000 on are validation."""
    images, labels = _pair(folder, "train")
    return ImageSet(
        name="fashion-mnist",
        images=images,
        labels=labels,
        categories=CATEGORIES,
        validation=torch.arange(FIRST_VALIDATION_ROW, len(labels)),
        licence=LICENCE,
        source=SOURCE,
    )


def read_test(folder: Path = FOLDER) -> tuple[Tensor, Tensor]:
    """The 10,000 test pictures uint8 [N, 1, 28, 28] and labels, for numbers that are reported."""
    return _pair(folder, "t10k")


def idx(path: Path) -> Tensor:
    """One gzipped idx file of bytes → uint8 tensor of the shape its header tells."""
    try:
        with gzip.open(path) as file:
            content = file.read(MAX_ENTRIES)
    except (OSError, EOFError) as error:
        raise DatasetError(f"{path.name} cannot be read: {error}") from error
    if content[:3] != b"\0\0\x08":
        raise DatasetError(f"{path.name} is not an idx file of bytes")
    return _shaped(content, path.name)


def _shaped(content: bytes, name: str) -> Tensor:
    dimensions = content[3]
    start = 4 + 4 * dimensions
    shape = struct.unpack(f">{dimensions}I", content[4:start].ljust(4 * dimensions, b"\0"))
    entries = torch.frombuffer(bytearray(content[start:]) or bytearray(1), dtype=torch.uint8)
    if entries.numel() != torch.Size(shape).numel():
        raise DatasetError(f"{name} holds {entries.numel()} entries, its header says {shape}")
    return entries.view(shape)


def _pair(folder: Path, stem: str) -> tuple[Tensor, Tensor]:
    images = idx(folder / f"{stem}-images-idx3-ubyte.gz")[:, None]
    labels = idx(folder / f"{stem}-labels-idx1-ubyte.gz").long()
    if len(images) != len(labels):
        raise DatasetError(f"{len(images)} pictures and {len(labels)} labels")
    return images, labels
