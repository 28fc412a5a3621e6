"""What a score costs beside scikit-image's: `python -m benchmarks.scores`.

PSNR and SSIM of one colour picture and its noisy copy. Both take turns within one run, so that
a busy machine slows both; the ratio of the medians is the figure.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor

from models.data import samples
from models.metrics.psnr import psnr_db
from models.metrics.ssim import ssim

Levels = NDArray[np.uint8]
Scores = tuple[float, float]

NOISE_SIGMA = 10


@dataclass(frozen=True, slots=True)
class Measured:
    """Medians of one run; `ratio` says how often ours fits into theirs."""

    side_px: int
    rounds: int
    threads: int
    ours_ms: float
    scikit_image_ms: float
    ratio: float
    psnr_difference_db: float
    ssim_difference: float


def main() -> None:
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(arguments.threads)
    measured = measure(side_px=arguments.side, rounds=arguments.rounds)
    if arguments.json:
        print(json.dumps(asdict(measured), indent=2))
    else:
        print(_sentence(measured))


def measure(*, side_px: int, rounds: int) -> Measured:
    """Each from what its callers have in hand: ours images, scikit-image levels."""
    levels = _pictures(side_px)
    images = [torch.from_numpy(one).permute(2, 0, 1)[None].float() / 255 for one in levels]
    ours, theirs = _ours(*images), _scikit_image(*levels)
    times = [
        (_seconds(lambda: _ours(*images)), _seconds(lambda: _scikit_image(*levels)))
        for _ in range(rounds)
    ]
    ours_s, theirs_s = (statistics.median(column) for column in zip(*times, strict=True))
    return Measured(
        side_px=side_px,
        rounds=rounds,
        threads=torch.get_num_threads(),
        ours_ms=round(ours_s * 1000, 1),
        scikit_image_ms=round(theirs_s * 1000, 1),
        ratio=round(theirs_s / ours_s, 1),
        psnr_difference_db=abs(ours[0] - theirs[0]),
        ssim_difference=abs(ours[1] - theirs[1]),
    )


def _pictures(side_px: int) -> tuple[Levels, Levels]:
    """A photograph that comes with us, and the same with noise."""
    photograph = Image.fromarray(samples.photographs()[0].pixels)
    clean = np.asarray(photograph.resize((side_px, side_px), Image.Resampling.BICUBIC))
    noise = np.random.default_rng(0).normal(0, NOISE_SIGMA, clean.shape)
    return clean.copy(), np.clip(clean + noise, 0, 255).round().astype(np.uint8)


def _ours(a: Tensor, b: Tensor) -> Scores:
    return psnr_db(a, b).item(), ssim(a, b).item()


def _scikit_image(a: Levels, b: Levels) -> Scores:
    similarity = structural_similarity(  # type: ignore[no-untyped-call]
        a,
        b,
        channel_axis=-1,
        data_range=255,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    peak = peak_signal_noise_ratio(a, b, data_range=255)  # type: ignore[no-untyped-call]
    return float(peak), float(similarity)


def _seconds(work: Callable[[], Scores]) -> float:
    since = time.perf_counter()
    work()
    return time.perf_counter() - since


def _sentence(measured: Measured) -> str:
    return (
        f"PSNR and SSIM of {measured.side_px} x {measured.side_px}, {measured.threads} thread(s): "
        f"{measured.ours_ms} ms here, {measured.scikit_image_ms} ms in scikit-image, "
        f"{measured.ratio} times as fast; they differ by {measured.psnr_difference_db:.1e} dB "
        f"and {measured.ssim_difference:.1e}"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scores", description=__doc__)
    parser.add_argument("--side", type=int, default=1024, help="of the picture, in pixels")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="for machines")
    return parser.parse_args()


if __name__ == "__main__":
    main()
