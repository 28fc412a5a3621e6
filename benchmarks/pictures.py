"""What a job's picture work costs around the network: `python -m benchmarks.pictures`.

Each stage as a worker does it, for a photograph and a product over white, in milliseconds of wall
and of CPU; with `--codecs` every encoder and decoder that was weighed. All take turns within a
round, so that a busy machine slows all; figures are medians. With `--threads` how many such jobs
several threads of one process finish, beside one.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import torch
from torch import Tensor

from benchmarks import codecs, shots
from models import containers, images, labels, resampling
from models.images import Format

Work = Callable[[], object]

_SHOTS = {"photograph": shots.photograph, "product": shots.product}
_JOB_ID = "00000000-0000-0000-0000-000000000000"
_JOB = ("decode", "encode", "label", "decode again")


@dataclass(frozen=True, slots=True)
class Row:
    """Medians of one piece of work; bytes of the file it makes or reads."""

    side_px: int
    shot: str
    work: str
    wall_ms: float
    cpu_ms: float
    bytes: int


@dataclass(frozen=True, slots=True)
class Throughput:
    """Whole jobs a second (decode, encode, label, decode again) by one thread and by several."""

    side_px: int
    format: Format
    threads: int
    alone_per_s: float
    together_per_s: float


def main() -> None:
    arguments = _arguments()
    # What a thread of a worker does is to be seen, not what idle cores add.
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    rows = [row for side in arguments.side for row in measure(side, arguments.pixels)]
    if arguments.codecs:
        rows += [row for side in arguments.side for row in compare(side, arguments.pixels)]
    together = [
        throughput(side, kind, arguments.threads)
        for side in arguments.side
        for kind in get_args(Format)
        if arguments.threads > 1
    ]
    print(_table(rows, together))
    if arguments.json:
        found = {
            "rows": [asdict(one) for one in rows],
            "threads": [asdict(one) for one in together],
        }
        arguments.json.write_text(json.dumps(found, indent=2), "utf-8")


def measure(side_px: int, pixels: int) -> Iterator[Row]:
    """Each stage of a job, for each format that it delivers."""
    for name, shot in _SHOTS.items():
        image = torch.from_numpy(shot(side_px)).permute(2, 0, 1)[None].float() / 255
        work: dict[str, Work] = {"resize to half": _halved(image)}
        sizes = {"resize to half": 0}
        for kind in get_args(Format):
            stages, made = _stages(image, kind)
            work |= stages
            sizes |= dict.fromkeys(stages, made)
        yield from _rows(side_px, name, work, sizes, _rounds(side_px, pixels))


def compare(side_px: int, pixels: int) -> Iterator[Row]:
    """Every encoder, and every decoder on files that we deliver."""
    for name, shot in _SHOTS.items():
        levels = shot(side_px)
        work: dict[str, Work] = {}
        sizes: dict[str, int] = {}
        for codec, encode in codecs.encoders().items():
            work[codec] = partial(encode, levels)
            sizes[codec] = len(encode(levels))
        for ours in ("png, ours with ISA-L", "png, Pillow level 4", "jpeg, Pillow"):
            data = codecs.encoders()[ours](levels)
            for codec, decode in _agreeing(data).items():
                work[f"{ours}: decoded by {codec}"] = partial(decode, data)
                sizes[f"{ours}: decoded by {codec}"] = len(data)
        yield from _rows(side_px, name, work, sizes, _rounds(side_px, pixels))


def throughput(side_px: int, kind: Format, threads: int) -> Throughput:
    image = torch.from_numpy(shots.product(side_px)).permute(2, 0, 1)[None].float() / 255
    source = images.encode(image, format=kind)
    jobs = threads * _rounds(side_px, 1 << 22)

    def job(_: int) -> None:
        made = images.encode(images.read(source).image, format=kind)
        images.read(_labelled(made, kind))

    return Throughput(
        side_px,
        kind,
        threads,
        alone_per_s=round(_per_second(job, jobs, threads=1), 1),
        together_per_s=round(_per_second(job, jobs, threads=threads), 1),
    )


def _stages(image: Tensor, kind: Format) -> tuple[dict[str, Work], int]:
    bare = images.encode(image, format=kind)
    delivered = _labelled(bare, kind)
    work: dict[str, Work] = {
        "decode": lambda: images.read(bare),
        "encode": lambda: images.encode(image, format=kind),
        "label": lambda: _labelled(bare, kind),
        "read label": lambda: labels.read(delivered),
        "decode again": lambda: images.read(delivered),
    }
    work["decode, encode, label, decode again"] = lambda: [work[stage]() for stage in _JOB]
    return {f"{kind}: {stage}": run for stage, run in work.items()}, len(delivered)


def _labelled(data: bytes, kind: containers.Format) -> bytes:
    return labels.write(data, format=kind, source_kind="composite", job_id=_JOB_ID)


def _halved(image: Tensor) -> Work:
    half = image.shape[-1] // 2
    return lambda: resampling.resize(image, height=half, width=half)


def _agreeing(data: bytes) -> dict[str, codecs.Decode]:
    """Those that can read the file and give Pillow's pixels to the last level."""
    found = {}
    judge = codecs.decoders()["Pillow"](data)
    for name, decode in codecs.decoders().items():
        try:
            levels = decode(data)
        except ValueError:  # not of its format
            continue
        if np.array_equal(levels, judge):
            found[name] = decode
    return found


def _rows(
    side_px: int, shot: str, work: dict[str, Work], sizes: dict[str, int], rounds: int
) -> Iterator[Row]:
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, run in work.items():
            times[name].append(_spent(run))
    for name, spent in times.items():
        wall_ms, cpu_ms = (statistics.median(column) for column in zip(*spent, strict=True))
        yield Row(side_px, shot, name, round(wall_ms, 3), round(cpu_ms, 3), sizes[name])


def _spent(run: Work) -> tuple[float, float]:
    """Milliseconds of wall and of this process's CPU."""
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000


def _per_second(job: Callable[[int], None], jobs: int, *, threads: int) -> float:
    with ThreadPoolExecutor(threads) as pool:
        since = time.perf_counter()
        list(pool.map(job, range(jobs)))
        return jobs / (time.perf_counter() - since)


def _rounds(side_px: int, pixels: int) -> int:
    return min(200, max(5, pixels // side_px**2))


def _table(rows: list[Row], together: list[Throughput]) -> str:
    lines = [f"{'side':>5} {'shot':10} {'work':48} {'wall ms':>9} {'CPU ms':>9} {'bytes':>10}"]
    lines += [
        f"{row.side_px:5} {row.shot:10} {row.work:48} "
        f"{row.wall_ms:9.2f} {row.cpu_ms:9.2f} {row.bytes or '':>10}"
        for row in rows
    ]
    lines += [
        f"{one.side_px:5} {one.format}: {one.alone_per_s} jobs/s by one thread, "
        f"{one.together_per_s} by {one.threads}"
        for one in together
    ]
    return "\n".join(lines)


def _sides(text: str) -> list[int]:
    return [int(side) for side in text.split(",")]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=__doc__)
    parser.add_argument("--side", type=_sides, default=[128, 512, 1024, 2048], help="in pixels")
    parser.add_argument("--codecs", action="store_true", help="also all that was weighed")
    parser.add_argument("--threads", type=int, default=1, help="how many work beside each other")
    parser.add_argument("--pixels", type=int, default=1 << 23, help="to measure each work with")
    parser.add_argument("--json", type=Path, metavar="FILE", help="for machines")
    return parser.parse_args()


if __name__ == "__main__":
    main()
