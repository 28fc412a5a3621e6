"""A network's door as it stands, compiled, or replayed as a graph: what is fastest on this device.

https://docs.pytorch.org/docs/stable/generated/torch.compile.html
"""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, TypeVar

import torch
from torch import Tensor

Way = Literal["plain", "compiled", "graphs"]
Called = Callable[..., Any]
Name = TypeVar("Name", bound=str)

WORTH_IT: Final = 1.1
"""How much faster another way must be: it costs most of a minute at each load."""

ROUNDS: Final = 9


def in_way(door: Called, way: Way) -> Called:
    """The same door; compiled ones are compiled by their first call, for any number of images.

    `graphs` are CUDA graphs: kernels are recorded once for each shape and started together. What it
    gives lies where its next call will write.
    """
    match way:
        case "plain":
            return door
        case "compiled":
            return torch.compile(door, dynamic=True)
        case "graphs":
            return torch.compile(door, dynamic=True, mode="reduce-overhead")


def ways_on(device: torch.device) -> tuple[Way, ...]:
    """All that there are, the plain one first."""
    return ("plain", "compiled", "graphs") if device.type == "cuda" else ("plain", "compiled")


def seconds(
    ways: Mapping[Name, Called], arguments: Sequence[Tensor], *, rounds: int = ROUNDS
) -> dict[Name, float]:
    """Medians of calls that take turns, after two of each that compile and record."""
    took: dict[Name, list[float]] = {way: [] for way in ways}
    for number in range(rounds + 2):
        for way, door in ways.items():
            since = time.perf_counter()
            door(*arguments)
            if arguments[0].is_cuda:
                torch.cuda.synchronize(arguments[0].device)
            if number >= 2:
                took[way].append(time.perf_counter() - since)
    return {way: statistics.median(each) for way, each in took.items()}
