"""The learning rate over a run, as a share of its peak."""

import math
from typing import Literal, assert_never

from torch.optim import Optimizer

WARM_UP = 0.05
ScheduleName = Literal["one_cycle", "constant", "cosine", "linear"]


def share_of_peak(schedule: ScheduleName, progress: float) -> float:
    """At this part of the run, 0 to 1."""
    match schedule:
        case "one_cycle":
            return one_cycle(progress)
        case "constant":
            return 1.0
        case "cosine":
            return cosine(progress)
        case "linear":
            return annealed(progress)
        case never:
            assert_never(never)


def one_cycle(progress: float) -> float:
    """Up over the first twentieth, then down along a cosine to a hundredth."""
    if progress < WARM_UP:
        return 0.05 + 0.95 * progress / WARM_UP
    return 0.01 + 0.99 * (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP))) / 2


def cosine(progress: float) -> float:
    """From the first step on down along a cosine to a hundredth (Loshchilov & Hutter 2017)."""
    return 0.01 + 0.99 * (1 + math.cos(math.pi * progress)) / 2


def annealed(progress: float) -> float:
    """Steady for the first half, then a straight line down to a fifth."""
    return min(1.0, 1.0 - 1.6 * (progress - 0.5))


def set_rate(optimizer: Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate
