"""What each way of computing the denoiser costs: `python -m benchmarks.variants`.

In both orders in memory, both number formats, and as it stands, compiled, or as CUDA graphs. All
take turns in one run; `ratio` is the plain way's median over its own, and `agreement_db` how far
its answer is from that of the plain way.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path

import torch
from torch import Tensor

from benchmarks import machine, throughput_workloads
from benchmarks.throughput_workloads import MAX_BATCH, SIGMA
from models import calling
from models.compiling import in_way, seconds, ways_on
from models.precision import Precision, agreement_db, autocast

Denoise = Callable[[Tensor, Tensor], Tensor]
PLAIN = "contiguous float32 plain"


@dataclass(frozen=True, slots=True)
class Variant:
    """One way at one size."""

    variant: str
    side_px: int
    images: int
    ms_per_image: float
    ratio: float
    agreement_db: float | None

    def in_words(self) -> str:
        agreed = "" if self.agreement_db is None else f"{self.agreement_db:.1f} dB"
        return (
            f"{self.variant:34} {self.images:>4} × {self.side_px:<5} {self.ms_per_image:>9.3f} "
            f"ms/image {self.ratio:>6.2f}× {agreed:>9}"
        )


def main() -> None:
    arguments = _arguments()
    device = torch.device(arguments.device)
    found = []
    for side_px, images in ((128, 1), (128, MAX_BATCH), (512, MAX_BATCH)):
        for variant in measure(device, side_px, images, arguments.rounds):
            print(variant.in_words(), flush=True)
            found.append(variant)
    if arguments.json:
        told = {**machine.described(), "variants": [asdict(one) for one in found]}
        arguments.json.write_text(json.dumps(told, indent=2) + "\n")


def measure(device: torch.device, side_px: int, images: int, rounds: int) -> Iterator[Variant]:
    """All variants at one size, after two calls of each that compile and record."""
    draw = torch.Generator().manual_seed(0)
    image = torch.rand((images, 3, side_px, side_px), generator=draw).to(device)
    sigma = torch.full((images,), SIGMA, device=device)
    ways = dict(_variants(device))
    with torch.inference_mode():
        took = seconds(ways, (image, sigma), rounds=rounds)
        answers = {name: denoise(image, sigma).float().clone() for name, denoise in ways.items()}
    for name, median_s in took.items():
        yield Variant(
            variant=name,
            side_px=side_px,
            images=images,
            ms_per_image=round(1000 * median_s / images, 4),
            ratio=round(took[PLAIN] / median_s, 3),
            agreement_db=(
                None if name == PLAIN else round(agreement_db(answers[PLAIN], answers[name]), 1)
            ),
        )


def _variants(device: torch.device) -> Iterator[tuple[str, Denoise]]:
    orders = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}
    precisions: tuple[Precision, ...] = ("float32", "bfloat16")
    for order, precision, way in product(orders, precisions, ways_on(device)):
        module = throughput_workloads.shipped_denoiser().to(device)
        module.to(memory_format=orders[order])
        yield (
            f"{order} {precision} {way}",
            _denoise(in_way(calling.doors(module)["denoise"], way), device, precision),
        )


def _denoise(door: Callable[..., Tensor], device: torch.device, precision: Precision) -> Denoise:
    def denoise(image: Tensor, sigma: Tensor) -> Tensor:
        with autocast(device, precision):
            return door(image, sigma)

    return denoise


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.variants", description=__doc__)
    parser.add_argument("--device", default="cpu", help="cpu, cuda:0, …")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path, metavar="FILE", help="for machines")
    return parser.parse_args()


if __name__ == "__main__":
    main()
