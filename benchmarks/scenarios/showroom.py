"""How steady a product turns, and what its worst frame lost.

`python -m benchmarks.scenarios.showroom`: the sample that was rendered from all around, each view
moved by chance; the sheet is written as PNG and read again, as a worker does it.
"""

import time
from collections.abc import Iterator
from functools import partial
from itertools import islice

import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.scenarios.row import Row
from models import images
from models.data import samples
from models.editing.spin import spin
from models.editing.turntable import Sheet
from models.images import Loaded
from models.made import Made
from models.matting.extents import Extents, extents
from models.metrics.mask import erode
from models.metrics.psnr import psnr_db
from models.metrics.steadiness import steadiness

NAME = "showroom"
WANDERS_PX = 12
WIDTH, HEIGHT = 320, 240


def rows(quick: bool) -> Iterator[Row]:  # noqa: FBT001 — every scenario's one switch
    """Of 24 views, or of 4 of them."""
    views = list(wandering(step=6 if quick else 1))
    begun = time.perf_counter()
    made = spin(
        [partial(_same, view) for view in views],
        sheet=Sheet(len(views), 5, WIDTH, HEIGHT),
        sizing="common",
        fill=0.85,
        rgb=(255, 255, 255),
        opacity=0.6,
    )
    seconds = time.perf_counter() - begun
    before = steadiness([_reach(view) for view in views])
    for name, words in (("ground_std_px", "ground line"), ("centre_std_px", "middle")):
        told = f"{words} over the frames, standard deviation"
        yield Row(NAME, f"views as they came: {told}", round(before[name], 3), "px", "")
        yield Row(NAME, f"spin: {told}", round(_number(made, name), 3), "px", "≤ 0.1")
    yield Row(NAME, "spin: product, worst frame, PNG", round(_worst(made), 2), "dB", "≥ 45")
    yield Row(NAME, "spin: seconds for a view", round(seconds / len(views), 2), "s", "")


def wandering(*, step: int) -> Iterator[Loaded]:
    """Every so-manieth view, moved by up to 12 pixels each way."""
    chance = torch.Generator().manual_seed(7)
    for sample in islice(samples.turned(), 0, None, step):
        right, down = torch.randint(0, 2 * WANDERS_PX + 1, (2,), generator=chance).tolist()
        rgba = torch.from_numpy(sample.pixels.copy()).permute(2, 0, 1)[None].float() / 255
        room = (right, 2 * WANDERS_PX - right, down, 2 * WANDERS_PX - down)
        moved = functional.pad(rgba, room)
        colours, alpha = moved[:, :3], moved[:, 3:]
        yield Loaded(colours * alpha + (1 - alpha), alpha)


def _same(view: Loaded) -> Loaded:
    return view


def _reach(view: Loaded) -> Extents:
    found = None if view.alpha is None else extents(view.alpha)
    if found is None:
        raise ValueError("a sample has a product")
    return found


def _number(made: Made, name: str) -> float:
    return float(made.report[name] or 0.0)


def _worst(made: Made) -> float:
    """Of the frames in the delivered file beside the views through their placements."""
    if made.expected_product is None or made.product_mask is None:
        raise ValueError("a spin has its proof")
    delivered = images.read(images.encode(made.images[0], format="png")).image
    layers = delivered, made.expected_product, made.product_mask
    return min(_decibels(*(_cut(one, box) for one in layers)) for box in made.frames)


def _cut(image: Tensor, box: tuple[int, int, int, int]) -> Tensor:
    left, top, right, bottom = box
    return image[:, :, top:bottom, left:right]


def _decibels(image: Tensor, expected: Tensor, mask: Tensor) -> float:
    return float(psnr_db(image, expected, mask=erode(mask, 2)))


if __name__ == "__main__":
    for row in rows(quick=False):
        print(f"{row.claim}: {row.value} {row.unit} {row.wanted}")
