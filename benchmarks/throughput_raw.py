"""The raw loop: the best a person would write who needs no queue and keeps nothing.

Bare, it calls the network with full batches. With pictures, threads decode before one device thread
and encode, decode and score behind it; files come from memory and go nowhere.

A child of the benchmark: `python -m benchmarks.throughput_raw WORKLOAD`.
"""

import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final

import torch

from benchmarks import throughput_packshot, throughput_stage, throughput_workloads
from benchmarks.throughput_system import Child, Drained, System, serve
from benchmarks.throughput_work import decoded, delivered
from benchmarks.throughput_workloads import MAX_BATCH, Network, Workload

HANDS: Final = max(2, os.cpu_count() or 2)
"""Threads for the picture work: measured on two cores, and more only wait for each other."""

_AHEAD: Final = 2 * MAX_BATCH
"""Pictures that are decoded, or about to be, while the device works."""


@contextmanager
def running(workload: Workload, folder: Path) -> Iterator[System]:
    """In a child, for the block; warm when the block begins."""
    argv = [sys.executable, "-m", "benchmarks.throughput_raw", workload.told]
    child = Child("raw", argv, throughput_stage.environment(), folder / "raw.log")
    try:
        child.wait()
        yield child
    finally:
        child.end()


def bare(workload: Workload, network: Network) -> Callable[[int], Drained]:
    """Full batches in a plain loop."""
    images = torch.full((MAX_BATCH, 3, workload.side_px, workload.side_px), 0.5)

    def drain(count: int) -> Drained:
        since = time.perf_counter()
        for begun in range(0, count, MAX_BATCH):
            network(images[: count - begun])
        return Drained(time.perf_counter() - since, [])

    return drain


def with_pictures(
    workload: Workload, network: Network, *, hands: int = HANDS
) -> Callable[[int], Drained]:
    """This thread is the device's; others decode before it, and encode and score behind it."""
    files = throughput_packshot.pictures(workload.side_px)

    def drain(count: int) -> Drained:
        since = time.perf_counter()
        with ThreadPoolExecutor(hands) as pool:
            numbers = iter(range(count))
            opening = deque(_opening(pool, files, islice(numbers, _AHEAD)))
            closing: list[Future[object]] = []
            while opening:
                batch = [opening.popleft().result() for _ in range(min(MAX_BATCH, len(opening)))]
                # Behind what is already on its way, before what is behind the device.
                opening += _opening(pool, files, islice(numbers, len(batch)))
                clean = torch.split(network(torch.cat(batch)), 1)
                closing += [
                    pool.submit(delivered, *pair, "raw") for pair in zip(batch, clean, strict=True)
                ]
        for ended in closing:
            ended.result()
        return Drained(time.perf_counter() - since, [])

    return drain


def _opening(
    pool: ThreadPoolExecutor, files: Sequence[bytes], numbers: Iterable[int]
) -> list[Future[torch.Tensor]]:
    return [pool.submit(decoded, files[number % len(files)]) for number in numbers]


def _main() -> None:
    workload = throughput_workloads.named(sys.argv[1])
    make = with_pictures if workload.has_pictures else bare
    drain = make(workload, workload.network())
    drain(MAX_BATCH)
    serve(drain)


if __name__ == "__main__":
    _main()
