"""What a picture's scores cost beside scikit-image's: `python -m benchmarks.scores`.

A colour picture, its noisy copy and a product's mask: PSNR, SSIM and the product's own PSNR, SSIM
and CIEDE2000, each side from what its callers have in hand: ours images (on a device: their copy
to it counts), scikit-image levels. One map of SSIM serves picture and product on both sides, and
both look at colours inside the mask only. They take turns within one run, so that a busy machine
slows both; medians are compared. scikit-image works in one thread whatever is allowed.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from benchmarks import machine
from benchmarks import scores_scikit_image as scikit_image
from models.data import samples
from models.metrics.mask import erode
from models.metrics.psnr import psnr_db
from models.metrics.region_delta_e import region_delta_e
from models.metrics.ssim import whole_and_region_ssim

Levels = NDArray[np.uint8]
Numbers = list[float]

NOISE_SIGMA = 10
ERODED_PX = 2
PRODUCT_RADIUS = 0.36  # of the side: four tenths of the picture


@dataclass(frozen=True, slots=True)
class Row:
    """Medians of some scores; `ratio` says how often ours fits into theirs.

    `difference` is the largest between the numbers of both, in the score's own unit.
    """

    scores: str
    ours_ms: float
    scikit_image_ms: float
    ratio: float
    ours_cpu_ms: float
    scikit_image_cpu_ms: float
    difference: float


@dataclass(frozen=True, slots=True)
class Measured:
    """One run."""

    side_px: int
    batch: int
    rounds: int
    threads: int
    device: str
    rows: list[Row]
    total: Row


@dataclass(frozen=True, slots=True)
class Took:
    """One go: milliseconds by the clock, and of all cores together."""

    ms: float
    cpu_ms: float
    found: Numbers


Side = dict[str, Callable[[], Numbers]]
"""What one side does, by the scores that it gives; in order, as the first makes the mask."""


def main() -> None:
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(arguments.threads)
    measured = measure(
        side_px=arguments.side,
        rounds=arguments.rounds,
        batch=arguments.batch,
        device=torch.device(arguments.device),
    )
    print("\n".join(_lines(measured)))
    if arguments.json:
        told = {**machine.described(), **asdict(measured)}
        arguments.json.write_text(json.dumps(told, indent=2) + "\n")


def measure(*, side_px: int, rounds: int, batch: int, device: torch.device) -> Measured:
    """Both sides in turns, score by score, after one go to warm up."""
    pairs = [_pictures(side_px, seed) for seed in range(batch)]
    mask = _product(side_px)
    ours, theirs = _ours(pairs, mask, device), _theirs(pairs, mask)
    goes = [
        {name: (_took(ours[name], device), _took(theirs[name], device)) for name in ours}
        for _ in range(rounds + 1)
    ][1:]
    rows = [_row(name, [go[name] for go in goes]) for name in ours]
    return Measured(
        side_px=side_px,
        batch=batch,
        rounds=rounds,
        threads=torch.get_num_threads(),
        device=torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        rows=rows,
        total=_row("all", [_summed(go) for go in goes]),
    )


def _pictures(side_px: int, seed: int) -> tuple[Levels, Levels]:
    """A photograph that comes with us, and the same with noise."""
    photograph = Image.fromarray(samples.photographs()[0].pixels)
    clean = np.asarray(photograph.resize((side_px, side_px), Image.Resampling.BICUBIC))
    noise = np.random.default_rng(seed).normal(0, NOISE_SIGMA, clean.shape)
    return clean.copy(), np.clip(clean + noise, 0, 255).round().astype(np.uint8)


def _product(side_px: int) -> NDArray[np.bool_]:
    y, x = np.mgrid[:side_px, :side_px] - side_px / 2
    inside: NDArray[np.bool_] = np.hypot(x, y) < side_px * PRODUCT_RADIUS
    return inside


def _ours(
    pairs: list[tuple[Levels, Levels]], mask: NDArray[np.bool_], device: torch.device
) -> Side:
    """All pictures at once, where they are moved to."""
    host = [_images([pair[side] for pair in pairs]) for side in range(2)]
    host.append(torch.from_numpy(mask).float().repeat(len(pairs), 1, 1, 1))
    here: list[Tensor] = []

    def moved() -> Numbers:
        here[:] = [image.to(device) for image in host]
        here[2] = erode(here[2], ERODED_PX)
        return []

    def listed(*scores: Tensor) -> Numbers:
        return torch.cat(scores).tolist()

    return {
        "the mask, eroded": moved,
        "psnr_db": lambda: listed(psnr_db(here[0], here[1])),
        "ssim, product_ssim": lambda: listed(
            *whole_and_region_ssim(here[0], here[1], mask=here[2])
        ),
        "product_psnr_db": lambda: listed(psnr_db(here[0], here[1], mask=here[2])),
        "product_delta_e_mean, _p95": lambda: listed(
            *region_delta_e(here[0], here[1], mask=here[2])
        ),
    }


def _images(levels: list[Levels]) -> Tensor:
    return torch.stack([torch.from_numpy(one).permute(2, 0, 1).float() / 255 for one in levels])


def _theirs(pairs: list[tuple[Levels, Levels]], mask: NDArray[np.bool_]) -> Side:
    """One picture after the other; numbers in the order of ours."""
    inside = [mask]

    def eroded() -> Numbers:
        inside[0] = scikit_image.eroded(mask, ERODED_PX)
        return []

    def each(score: Callable[..., tuple[float, ...]], *more: NDArray[np.bool_]) -> Numbers:
        return np.transpose([score(*pair, *more) for pair in pairs]).ravel().tolist()

    return {
        "the mask, eroded": eroded,
        "psnr_db": lambda: each(scikit_image.psnr_db),
        "ssim, product_ssim": lambda: each(scikit_image.ssim, inside[0]),
        "product_psnr_db": lambda: each(scikit_image.product_psnr_db, inside[0]),
        "product_delta_e_mean, _p95": lambda: each(scikit_image.product_delta_e, inside[0]),
    }


def _took(work: Callable[[], Numbers], device: torch.device) -> Took:
    since, cpu_since = time.perf_counter(), time.process_time()
    found = work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return Took(
        (time.perf_counter() - since) * 1000, (time.process_time() - cpu_since) * 1000, found
    )


def _summed(go: dict[str, tuple[Took, Took]]) -> tuple[Took, Took]:
    ours, theirs = (
        Took(
            sum(took.ms for took in side),
            sum(took.cpu_ms for took in side),
            [number for took in side for number in took.found],
        )
        for side in zip(*go.values(), strict=True)
    )
    return ours, theirs


def _row(name: str, goes: list[tuple[Took, Took]]) -> Row:
    ours, theirs = zip(*goes, strict=True)
    ours_ms, theirs_ms = (statistics.median(took.ms for took in side) for side in (ours, theirs))
    ours_cpu, theirs_cpu = (
        statistics.median(took.cpu_ms for took in side) for side in (ours, theirs)
    )
    apart = [abs(a - b) for a, b in zip(ours[0].found, theirs[0].found, strict=True)]
    return Row(
        scores=name,
        ours_ms=round(ours_ms, 2),
        scikit_image_ms=round(theirs_ms, 2),
        ratio=round(theirs_ms / ours_ms, 1),
        ours_cpu_ms=round(ours_cpu, 2),
        scikit_image_cpu_ms=round(theirs_cpu, 2),
        difference=max(apart, default=0.0),
    )


def _lines(measured: Measured) -> list[str]:
    many = f"{measured.batch} of " if measured.batch > 1 else ""
    return [
        f"{many}{measured.side_px} x {measured.side_px} in colour, {measured.device}, "
        f"{measured.threads} thread(s), medians of {measured.rounds} rounds, ms (of CPU)",
        f"{'':28}{'ours':>18}{'scikit-image':>20}{'ratio':>8}{'apart':>10}",
        *map(_line, [*measured.rows, measured.total]),
    ]


def _line(row: Row) -> str:
    ours = f"{row.ours_ms:.1f} ({row.ours_cpu_ms:.1f})"
    theirs = f"{row.scikit_image_ms:.1f} ({row.scikit_image_cpu_ms:.1f})"
    return f"{row.scores:28}{ours:>18}{theirs:>20}{row.ratio:>8}{row.difference:>10.1e}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scores", description=__doc__)
    parser.add_argument("--side", type=int, default=1024, help="of the picture, in pixels")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=2, help="most that both may use")
    parser.add_argument("--batch", type=int, default=1, help="pictures at once")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--json", type=Path, metavar="FILE", help="for machines")
    return parser.parse_args()


if __name__ == "__main__":
    main()
