"""What finds a product best: `python -m benchmarks.mattes`.

Rendered products with exact alpha (`models/data/samples`), put on white, on a gradient and on a
photograph, with noise and as a JPEG; with `--scenes`, too, at several sizes and places in the
middle of each picture of a folder. Beside our classical engine, and a network where one ships or
is named, GrabCut as OpenCV has it and PyMatting's closed form. That one is told the answer all but
for a band of a few pixels, so it says how good a rim can be, not how well a product is found.
"""

import argparse
import io
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from pymatting import estimate_alpha_cf
from torch import Tensor, nn

from benchmarks.editing_rows import Row, as_json, line
from models import calling, weights
from models.data import samples
from models.evaluation.cutting import iou
from models.failures import CannotDo
from models.matting import learned, matte
from models.matting.matte import Finder
from models.metrics.quantised import quantised

SIDE: Final = 512
FILL: Final = 0.8
NOISE: Final = 2.0
QUALITY: Final = 90
BAND_PX: Final = 8
MARGIN: Final = 0.02
PLACES: Final = ((0.8, 0.0, 0.0), (0.55, 0.15, 0.12), (0.6, -0.12, 0.15))
"""Of a product in a scene: its longer side, and how far right and down, as shares of the side."""

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]
System = Callable[[Pixels, Plane], Plane]
"""Picture [H, W, 3] and exact matte [H, W] to the matte that is found."""


def rows(
    *, every: int = 1, network: Finder | None = None, scenes: Path | None = None
) -> Iterator[Row]:
    """Means of every system over the products on each ground, as they are measured.

    Args:
        every: take each so manieth product.
        network: what finds products by a network, beside the others.
        scenes: a folder of pictures to put them on as well.
    """
    products = samples.products()[::every]
    for ground, behind in grounds(SIDE).items():
        layers = [layered(one.pixels, SIDE) for one in products]
        shots = [(shot(one, behind, seed), one[..., 3]) for seed, one in enumerate(layers)]
        yield from _measured(f"samples on {ground}", shots, _systems(network))
    if scenes is not None:
        found = list(_before_scenes(products, scenes))
        yield from _measured(f"samples on {scenes.name}, {len(found)}", found, _systems(network))


def _before_scenes(
    products: Sequence[samples.Sample], folder: Path
) -> Iterator[tuple[Pixels, Plane]]:
    """Three products on each picture, each at another size and place."""
    for number, file in enumerate(sorted(folder.glob("*.jpg"))):
        with Image.open(file) as opened:
            square = ImageOps.fit(opened.convert("RGB"), (SIDE, SIDE))
        behind = (np.asarray(square) / 255).astype(np.float32)
        for place, (fill, right, down) in enumerate(PLACES):
            one = products[(number * len(PLACES) + place) % len(products)]
            moved = round(down * SIDE), round(right * SIDE)
            layer = np.roll(layered(one.pixels, SIDE, fill), moved, (0, 1))
            yield shot(layer, behind, number), layer[..., 3]


def named(folder: Path) -> Finder:
    """The network of a version that lies there."""
    return finder(weights.load(folder)[1])


def shipped() -> Finder | None:
    """The network that ships, if one does."""
    for file, card in weights.shipped():
        if card.network == "matte":
            return finder(weights.read(file.read_bytes(), card))
    return None


def finder(network: nn.Module) -> Finder:
    """What finds products by a matte, as the operations take it."""
    return torch.inference_mode()(learned.finder(calling.doors(network)["matte"]))


def _systems(network: Finder | None) -> Mapping[str, System]:
    return {
        **({"ours, network": _ours(network)} if network else {}),
        "ours, classical": _ours(matte.find),
        "OpenCV GrabCut": grabcut,
        "PyMatting closed form, told all but the band": closed_form,
    }


def _measured(
    kind: str, shots: list[tuple[Pixels, Plane]], systems: Mapping[str, System]
) -> Iterator[Row]:
    exact = _stacked([alpha for _, alpha in shots])
    for system, find in systems.items():
        since = time.perf_counter()
        made = [find(picture, alpha) for picture, alpha in shots]
        cost = round(1000 * (time.perf_counter() - since) / (len(shots) * SIDE**2 / 1e6), 1)
        found = quantised(_stacked(made))
        values = {"iou": iou(found, exact).mean(), "mae": (found - exact).abs().mean()}
        for measure, value in values.items():
            yield Row("cutout", system, kind, measure, round(float(value), 4), cost)


def _ours(find: Finder) -> System:
    """Where it finds no product, nothing."""

    def found(picture: Pixels, alpha: Plane) -> Plane:
        image = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255
        try:
            return find(image).alpha[0, 0].numpy()
        except CannotDo:
            return np.zeros_like(alpha)

    return found


def grabcut(picture: Pixels, alpha: Plane) -> Plane:
    """Told that the picture's outermost pixels are none of the product's."""
    mask = np.zeros(alpha.shape, np.uint8)
    height, width = alpha.shape
    edge = round(MARGIN * max(height, width))
    box = (edge, edge, width - 2 * edge, height - 2 * edge)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(1)
    cv2.grabCut(picture, mask, box, *models, 5, cv2.GC_INIT_WITH_RECT)
    return np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)


def closed_form(picture: Pixels, alpha: Plane) -> Plane:
    kernel = np.ones((2 * BAND_PX + 1, 2 * BAND_PX + 1), np.uint8)
    trimap = np.full(alpha.shape, 0.5)
    trimap[cv2.erode((alpha > 0.95).astype(np.uint8), kernel) > 0] = 1
    trimap[cv2.dilate((alpha > 0.05).astype(np.uint8), kernel) == 0] = 0
    if not (trimap == 1).any():
        return alpha  # all of it is thinner than the band: there is nothing left to be asked
    return np.asarray(estimate_alpha_cf(picture / 255.0, trimap), dtype=np.float32)


def grounds(side: int) -> dict[str, Plane]:
    """[side, side, 3] in [0, 1]; the gradient is a studio's paper, which darkens to one side."""
    down, across = np.mgrid[0 : 1 : side * 1j, 0 : 1 : side * 1j]
    paper = (0.85 - 0.3 * down + 0.1 * across)[..., None] * np.array([1.0, 0.98, 0.94])
    (meadow,) = (one for one in samples.photographs() if one.name == "meadow")
    photograph = cv2.resize(np.ascontiguousarray(meadow.pixels[..., :3]), (side, side))
    return {
        "white": np.ones((side, side, 3), np.float32),
        "a gradient": paper.astype(np.float32),
        "a photograph": (photograph / 255).astype(np.float32),
    }


def layered(rgba: Pixels, side: int, fill: float = FILL) -> Plane:
    """The product in the middle of a square: [side, side, 4], colours times alpha."""
    scale = round(fill * side) / max(rgba.shape[:2])
    height, width = (max(1, round(one * scale)) for one in rgba.shape[:2])
    premultiplied = (rgba / 255).astype(np.float32)
    premultiplied[..., :3] *= premultiplied[..., 3:]
    small = cv2.resize(premultiplied, (width, height), interpolation=cv2.INTER_AREA)
    layer = np.zeros((side, side, 4), np.float32)
    top, left = (round((side - one) / 2) for one in (height, width))
    layer[top : top + height, left : left + width] = small
    return layer


def shot(layer: Plane, ground: Plane, seed: int) -> Pixels:
    """A layer's picture as a shop would send it: noise, and a JPEG."""
    noise = np.random.default_rng(seed).normal(0, NOISE, ground.shape)
    seen = (layer[..., :3] + (1 - layer[..., 3:]) * ground) * 255 + noise
    buffer = io.BytesIO()
    Image.fromarray(seen.round().clip(0, 255).astype(np.uint8)).save(
        buffer, "JPEG", quality=QUALITY, subsampling="4:2:0"
    )
    with Image.open(buffer) as opened:
        return np.array(opened)


def _stacked(planes: list[Plane]) -> Tensor:
    return torch.from_numpy(np.stack(planes))[:, None].clamp(0, 1)


def main() -> None:
    """Print one table, or rows as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mattes", description=__doc__)
    parser.add_argument("--weights", type=Path, help="folder of a trained version")
    parser.add_argument("--every", type=int, default=1, help="take each so manieth product")
    parser.add_argument("--scenes", type=Path, help="a folder of JPEGs to put products on as well")
    parser.add_argument("--json", type=Path, help="write the rows here as well")
    given = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    network = named(given.weights) if given.weights else shipped()
    told = []
    for row in rows(every=given.every, network=network, scenes=given.scenes):
        told.append(row)
        print(line(row), flush=True)
    if given.json:
        given.json.write_text(as_json(told), encoding="utf-8")


if __name__ == "__main__":
    main()
