"""What fills a hole nearest to what was there: `python -m benchmarks.inpainting FOLDER`.

Ours beside OpenCV's Telea and Navier-Stokes on pictures of which strokes or one disc are taken:
mean absolute error and PSNR within the hole, of 8-bit results, and milliseconds on one core. The
pictures (`FOLDER/*.png` or `*.jpg`) are for measuring only. With `--large` instead what a picture
of 12 megapixels takes with a hole of a tenth of it.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from models.editing.inpaint import inpaint

Pixels = NDArray[np.uint8]
Method = Callable[[Pixels, Pixels], Pixels]
SHARES = (0.01, 0.05, 0.2, 0.4)
RADIUS_PX = 3


def hole_scores(files: list[Path], draw: Callable[..., Pixels], share: float, fill: Method) -> str:
    """Means over the pictures, as one cell of the table."""
    errors, decibels, took_s = [], [], 0.0
    for seed, file in enumerate(files):
        with Image.open(file) as opened:
            clean = np.array(opened.convert("RGB"))
        hole = draw(clean.shape[:2], share, np.random.default_rng(seed))
        begun = time.perf_counter()
        made = fill(np.where(hole[..., None] > 0, 0, clean).astype(np.uint8), hole)
        took_s += time.perf_counter() - begun
        off = (made.astype(np.float64) - clean)[hole > 0] / 255
        errors.append(np.abs(off).mean())
        decibels.append(-10 * np.log10(np.square(off).mean()))
    each_ms = 1000 * took_s / len(files)
    return f"{np.mean(errors):.4f} {np.mean(decibels):5.2f} dB {each_ms:4.0f} ms"


def ours(image: Pixels, hole: Pixels) -> Pixels:
    """What the operation delivers."""
    tensor = torch.from_numpy(image).permute(2, 0, 1)[None] / 255
    mask = torch.from_numpy(hole)[None, None].float()
    made = inpaint(tensor, mask=mask, dilate_px=0, feather_px=0).images[0]
    return made[0].permute(1, 2, 0).mul(255).round().byte().numpy()


def telea(image: Pixels, hole: Pixels) -> Pixels:
    return cv2.inpaint(image, hole, RADIUS_PX, cv2.INPAINT_TELEA).astype(np.uint8)


def navier_stokes(image: Pixels, hole: Pixels) -> Pixels:
    return cv2.inpaint(image, hole, RADIUS_PX, cv2.INPAINT_NS).astype(np.uint8)


def strokes(shape: tuple[int, int], share: float, random: np.random.Generator) -> Pixels:
    """Bent lines, 8 to 28 pixels thick, until their share is covered."""
    hole = np.zeros(shape, np.uint8)
    while hole.mean() < share:
        x, y, width = *random.integers(shape[::-1]), int(random.integers(8, 28))
        angle = random.uniform(0, 2 * np.pi)
        for _ in range(4):
            angle += random.uniform(-1, 1)
            length = random.integers(10, 60)
            to = int(x + length * np.cos(angle)), int(y + length * np.sin(angle))
            cv2.line(hole, (int(x), int(y)), to, 1, width)
            x, y = to
    return hole


def disc(shape: tuple[int, int], share: float, random: np.random.Generator) -> Pixels:
    """One hole somewhere."""
    radius = int(np.sqrt(share * shape[0] * shape[1] / np.pi))
    y, x = (
        int(random.integers(radius, side - radius)) if side > 2 * radius else side // 2
        for side in shape
    )
    hole = np.zeros(shape, np.uint8)
    cv2.circle(hole, (x, y), radius, 1, -1)
    return hole


def large() -> str:
    """One disc in a picture of 4,000 by 3,000 pixels."""
    image = np.random.default_rng(0).integers(0, 256, (3000, 4000, 3), dtype=np.uint8)
    hole = disc(image.shape[:2], 0.1, np.random.default_rng(0))
    begun = time.perf_counter()
    ours(image, hole)
    return f"12 megapixels, a hole of a tenth: {time.perf_counter() - begun:.1f} s\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.inpainting", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="pictures to take holes from")
    parser.add_argument("--large", action="store_true", help="time 12 megapixels instead")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    if arguments.large:
        sys.stdout.write(large())
        return
    files = sorted(p for p in arguments.folder.iterdir() if p.suffix in {".png", ".jpg"})
    for draw in (strokes, disc):
        for share in SHARES:
            cells = (
                f"{fill.__name__} {hole_scores(files, draw, share, fill)}"
                for fill in (ours, telea, navier_stokes)
            )
            sys.stdout.write(f"{draw.__name__:8}{share:5.0%}   {'   '.join(cells)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
