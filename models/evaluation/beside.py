"""Findings from what each method got for each held-out picture: ours beside others'."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from models.evaluation.by_category import by_category, over_all, uncompared
from models.evaluation.findings import Findings, Measure
from models.evaluation.lead import lead
from models.evaluation.memory import PeakMemory


@dataclass(frozen=True, slots=True)
class Pictures:
    """What was held out.

    Attributes:
        labels: int64 [N].
        categories: what the labels mean.
        digest: of the pictures as the dataset has them.
    """

    labels: Tensor
    categories: tuple[str, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a method on the device of the run."""

    ms_per_picture: float
    peak_memory_mb: float | None


@dataclass(frozen=True, slots=True)
class Beside:
    """What each method got for each picture, [N] each, higher is better.

    Attributes:
        ours: the candidate's.
        theirs: the baseline's.
        followed: what serves now; None where nothing does, or it cannot be compared.
        unlike: why it cannot.
        scores: what else was measured of the candidate, by name.
    """

    ours: Tensor
    theirs: Tensor
    followed: Tensor | None = None
    unlike: str | None = None
    scores: dict[str, float] = field(default_factory=dict)


def findings(
    pictures: Pictures, found: Beside, *, measure: Measure, baseline: str, cost: Cost
) -> Findings:
    """Each picture is compared with itself, which takes out how hard it is."""
    followed = uncompared(found.ours) if found.followed is None else found.followed
    value = found.ours.mean().item()
    return Findings(
        measure=measure,
        value=value,
        pictures=len(pictures.labels),
        digest=pictures.digest,
        scores={measure: value, **found.scores},
        baseline=baseline,
        over_baseline=lead(found.ours, found.theirs),
        over_incumbent=over_all(found.ours, followed),
        unlike=found.unlike,
        categories=by_category(pictures.categories, pictures.labels, found.ours, followed),
        ms_per_picture=cost.ms_per_picture,
        peak_memory_mb=cost.peak_memory_mb,
    )


def timed(work: Callable[[], Tensor], device: torch.device) -> tuple[Tensor, Cost]:
    """What a method makes of all pictures, [N, ...], and what that took."""
    memory, since = PeakMemory(device), time.perf_counter()
    made = work()
    seconds = time.perf_counter() - since
    return made, Cost(round(1000 * seconds / len(made), 3), memory.mb())
