"""The small committed data set: what tests, a first run and the demo use without any package.

Loads with numpy and Pillow alone, so that it can be shown where torch is not installed.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FOLDER = Path(__file__).parent / "samples"
SIDE_PX = 28
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture with its credit: uint8 [H, W, 4] with straight alpha, or [H, W, 3]."""

    name: str
    category: str
    pixels: Pixels
    credit: str
    path: Path


@dataclass(frozen=True, slots=True)
class Garments:
    """Fashion-MNIST pictures uint8 [N, 1, 28, 28], labels int64 [N], and what labels mean."""

    images: Pixels
    labels: NDArray[np.int64]
    categories: tuple[str, ...]
    credit: str


def products() -> tuple[Sample, ...]:
    """Twelve public-domain products, one of each class, 512 x 512 with exact alpha."""
    return _samples("products")


def turned() -> tuple[Sample, ...]:
    """Public-domain products from all around, a view after the other: each 320 x 320."""
    return tuple(
        replace(strip, name=f"{strip.name}, turned {360 * number // count}", pixels=pixels)
        for strip in _samples("turned")
        for count in (len(strip.pixels) // strip.pixels.shape[1],)
        for number, pixels in enumerate(np.split(strip.pixels, count))
    )


def photographs() -> tuple[Sample, ...]:
    """Public-domain photographs, for what restores."""
    return _samples("photographs")


def garments() -> Garments:
    """Two hundred pictures of Fashion-MNIST's test rows, twenty of each category."""
    card = _card()
    sheet = _pixels(FOLDER / "garments.png", "L")
    rows, columns = sheet.shape[0] // SIDE_PX, sheet.shape[1] // SIDE_PX
    cells = sheet.reshape(rows, SIDE_PX, columns, SIDE_PX).transpose(0, 2, 1, 3)
    return Garments(
        images=np.ascontiguousarray(cells.reshape(-1, 1, SIDE_PX, SIDE_PX)),
        labels=np.array(card["labels"], np.int64),
        categories=tuple(card["categories"]),
        credit=card["credit"],
    )


def summary() -> str:
    """What the set holds, in words."""
    return (
        f"{len(_index('products'))} rendered products, {len(_card()['labels'])} garments, "
        f"{len(_index('photographs'))} photographs"
    )


def _samples(kind: str) -> tuple[Sample, ...]:
    return tuple(_sample(FOLDER / kind, row) for row in _index(kind))


def _index(kind: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((FOLDER / kind / "index.json").read_text("utf-8"))
    return rows


def _card() -> dict[str, Any]:
    card: dict[str, Any] = json.loads((FOLDER / "garments.json").read_text("utf-8"))
    return card


def _sample(folder: Path, row: dict[str, Any]) -> Sample:
    path = folder / row["file"]
    pixels = _pixels(path, row["mode"])
    return Sample(row["name"], row["category"], pixels, row["credit"], path)


def _pixels(path: Path, mode: str) -> Pixels:
    with Image.open(path) as picture:
        return np.asarray(picture.convert(mode))
