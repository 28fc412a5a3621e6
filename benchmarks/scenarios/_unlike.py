"""Pictures for the scenario of safety: what a shop has, copies of it, and something else."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from benchmarks import copies
from models.data import debian, fashion_mnist, samples

WALLPAPERS: Final = Path("/usr/share/backgrounds")
_LONGEST_PX: Final = 1000


COPIES: Final[Mapping[str, Callable[[Image.Image], Image.Image]]] = {
    "saved as JPEG 60": copies.saved_again,
    "half as large": copies.half,
    "2 % cropped": partial(copies.cut, share=0.01),
    "10 % cropped": partial(copies.cut, share=0.05),
    "brighter": copies.brighter,
    "mirrored": copies.mirrored,
}


def photographs(most: int) -> list[Image.Image]:
    """Windows of photographs: of wallpapers where there are some, else of the samples."""
    chance = np.random.default_rng(0)
    paths = sorted(WALLPAPERS.rglob("*.jpg"))
    whole = [Image.open(path).convert("RGB") for path in paths] or [
        Image.fromarray(one.pixels).convert("RGB") for one in samples.photographs()
    ]
    found = []
    for picture in whole:
        picture.thumbnail((_LONGEST_PX, _LONGEST_PX))
        found += list(copies.windows(picture, chance, count=4))
    return found[:: max(1, len(found) // most)][:most]


def garments(most: int) -> Tensor:
    """uint8 [N, 1, 28, 28], of Fashion-MNIST's test pictures where they are, else the samples."""
    if debian.SYSTEM.joinpath(fashion_mnist.FOLDER.relative_to("/")).exists():
        return fashion_mnist.read_test()[0][:most]
    return torch.from_numpy(samples.garments().images)[:most]


def as_pictures(images: Tensor) -> list[Image.Image]:
    return [Image.fromarray(one[0].numpy()).convert("RGB") for one in images]


def products() -> list[Image.Image]:
    """The samples, on white."""
    return [copies.on_white(Image.fromarray(one.pixels)) for one in samples.products()]


def figures() -> list[Image.Image]:
    """Dolls of ovals on plain ground, one for each colour of skin."""
    found = []
    for colour in ("#ffdbac", "#f1c27d", "#e0ac69", "#c68642", "#8d5524", "#3d2b1f"):
        page = Image.new("RGB", (512, 512), "#f0f0f0")
        draw = ImageDraw.Draw(page)
        for part in ((206, 20, 306, 140), (176, 130, 336, 400), (186, 350, 246, 510),
                     (266, 350, 326, 510), (120, 150, 180, 360), (332, 150, 392, 360)):  # fmt: skip
            draw.ellipse(part, fill=colour)
        found.append(page)
    return found


def text(count: int) -> list[Image.Image]:
    """Pages of letters."""
    chance = np.random.default_rng(1)
    found = []
    for _ in range(count):
        page = Image.new("RGB", (160, 160), "white")
        draw = ImageDraw.Draw(page)
        for y in range(5, 150, 14):
            letters = "".join(chance.choice(list("abcdefghij klmno"), 22))
            draw.text((5, y), letters, fill="black")
        found.append(page)
    return found


def noise(count: int) -> list[Image.Image]:
    chance = np.random.default_rng(2)
    levels = chance.integers(0, 256, (count, 64, 64, 3), dtype=np.uint8)
    return [Image.fromarray(one) for one in levels]
