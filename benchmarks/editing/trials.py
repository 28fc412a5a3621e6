"""A trial: one operation, done to the same pictures by several systems, each measured alike."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from benchmarks.editing_rows import BASELINE, OURS, Row
from models.failures import CannotDo
from models.metrics.quantised import quantised

SHOWN = 2
"""Of so many cases what came out is kept, for the sheet."""


@dataclass(frozen=True, slots=True)
class Case:
    """A picture to work on, and what would be right.

    Attributes:
        given: [1, 3, H, W] in [0, 1], in steps of 1/255.
        truth: [1, 3, h, w], what the answer is held against; None where nobody knows it.
        where: [1, 1, h, w], the product or the hole; None where it is of no matter.
        other: [1, 3, h, w], another picture that the order names.
    """

    name: str
    given: Tensor
    truth: Tensor | None = None
    where: Tensor | None = None
    other: Tensor | None = None


Make = Callable[[Case], Tensor]
"""What a system makes: [1, 3, h, w] in [0, 1]; of a cut-out the matte [1, 1, h, w]."""
Measure = Callable[[Tensor, Case], float | None]
"""One number of a result; None where there is none, as the PSNR of equal pictures."""


@dataclass(frozen=True, slots=True)
class System:
    """Who does it: `ours`, `baseline` or a peer, and by what."""

    name: str
    by: str
    make: Make


@dataclass(frozen=True, slots=True)
class Trial:
    """Who does what to which cases."""

    operation: str
    set: str
    cases: Sequence[Case]
    systems: Sequence[System]
    measures: Mapping[str, Measure]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a system made of a case, with what was measured of that."""

    case: Case
    system: System
    made: Tensor
    scores: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A trial's rows and the pictures of its first cases, case by case."""

    trial: Trial
    rows: tuple[Row, ...]
    shown: tuple[Shown, ...]


def ours(by: str, make: Make) -> System:
    """What the operation delivers."""
    return System(OURS, by, make)


def baseline(by: str, make: Make) -> System:
    """What one would take who had only a library for pictures."""
    return System(BASELINE, by, make)


def held(trial: Trial) -> Outcome:
    """All systems on all cases; what a system cannot do counts for none of its means."""
    rows: list[Row] = []
    shown: dict[str, list[Shown]] = {case.name: [] for case in trial.cases[:SHOWN]}
    for system in trial.systems:
        done = [one for case in trial.cases if (one := _done(trial, system, case)) is not None]
        rows += _rows(trial, system, done)
        for made, _ in done:
            if made.case.name in shown:
                shown[made.case.name].append(made)
    return Outcome(trial, tuple(rows), tuple(one for some in shown.values() for one in some))


def _done(trial: Trial, system: System, case: Case) -> tuple[Shown, float] | None:
    """With the milliseconds of a core that a megapixel of the result took."""
    since = time.process_time()
    try:
        made = system.make(case)
    except CannotDo:
        return None
    took_ms = 1000 * (time.process_time() - since)
    made = quantised(made.clamp(0, 1))
    scores = {name: measure(made, case) for name, measure in trial.measures.items()}
    return Shown(case, system, made, scores), took_ms / (made[0, 0].numel() / 1e6)


def _rows(trial: Trial, system: System, done: Sequence[tuple[Shown, float]]) -> Iterator[Row]:
    for measure in trial.measures:
        values = [value for shown, _ in done if (value := shown.scores[measure]) is not None]
        if values:
            cost = sum(took for _, took in done) / len(done)
            yield Row(
                trial.operation,
                system.name,
                trial.set,
                measure,
                round(sum(values) / len(values), 4),
                round(cost, 1),
                system.by,
            )
