"""A call of a network: whose it is, what it brings, and where its answer goes."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import islice

import torch
from torch import Tensor

from db.fence import Lease
from workers import torch_threads
from workers.failures import Permanent

USUAL_PRIORITY = 5


@dataclass(frozen=True, slots=True)
class Caller:
    """The job that a call is made for; a lower number is served first."""

    lease: Lease
    priority: int = USUAL_PRIORITY


current_caller: ContextVar[Caller | None] = ContextVar("current_caller", default=None)
"""The job that this hand works on, so that a call is known to be its."""

Answer = Tensor | tuple[Tensor, ...]
Door = Callable[..., Answer]
Behind = deque[tuple["Future[Share | Batched]", Answer | None]]


@dataclass(frozen=True, slots=True)
class Share:
    """One caller's part of what a network gave for a whole batch.

    Attributes:
        found: the caller's own; None where it is not finite.
        behind: who is woken next, and what is theirs.
    """

    found: Answer | None
    behind: "Behind"

    def pass_on(self) -> None:
        """Wake the next caller, who wakes the one behind: all at once would wait for one lock."""
        if self.behind:
            future, found = self.behind.popleft()
            future.set_result(Share(found, self.behind))

    def answer(self) -> Answer:
        """The caller's own.

        Raises:
            Permanent: `not_finite`; what others got in the same batch may be fine.
        """
        if self.found is None:
            raise Permanent("not_finite", "the network gave numbers that are not finite")
        return self.found


@dataclass(frozen=True, slots=True)
class Batched:
    """What a network gave for a whole batch, for its first caller to cut.

    Attributes:
        parts: on the CPU, [ΣN, …] each.
        is_one: whether the network gives a tensor, not a tuple.
        counts: of rows, of each caller.
        others: where all but the first caller wait; not all, or what is done would hold itself.
    """

    parts: tuple[Tensor, ...]
    is_one: bool
    counts: Sequence[int]
    others: "Sequence[Future[Share | Batched]]"

    def cut(self) -> Share:
        """The first caller's share, which knows those of the others.

        Raises:
            Exception: it cannot be cut; the others are told the same.
        """
        try:
            with torch_threads.only_one():
                first, *found = self._answers()
        except Exception as error:
            for future in self.others:
                future.set_exception(error)
            raise
        return Share(first, deque(zip(self.others, found, strict=True)))

    def _answers(self) -> list[Answer | None]:
        """For all at once: torch changes hands of Python's lock several times in each operation."""
        # An inference tensor may not be changed by the operation that gets it.
        owned = [part.clone() if part.is_inference() else part for part in self.parts]
        pieces = zip(*(torch.split(part, list(self.counts)) for part in owned), strict=True)
        finite = iter(_finite(owned))
        answers: list[Answer | None] = []
        for count, mine in zip(self.counts, pieces, strict=True):
            is_finite = all(list(islice(finite, count)))  # `all` alone would leave some behind
            answers.append((mine[0] if self.is_one else mine) if is_finite else None)
        return answers


def _finite(parts: Sequence[Tensor]) -> list[bool]:
    """Of each row, whether all parts are finite there."""
    found = torch.stack([_sums(part).isfinite() for part in parts]).all(0).tolist()
    return [
        is_finite or all(bool(part[row].isfinite().all()) for part in parts)
        for row, is_finite in enumerate(found)
    ]


def _sums(part: Tensor) -> Tensor:
    """A sum shows whatever is not finite, and costs a twentieth of a look at each number."""
    return part if part.ndim == 1 else part.sum(dim=tuple(range(1, part.ndim)))


@dataclass(frozen=True, slots=True)
class Call:
    """One caller's arguments, which share a leading N, and where its share comes to."""

    arguments: tuple[Tensor, ...]
    future: "Future[Share | Batched]" = field(default_factory=Future)
    since: float = field(default_factory=time.monotonic)
    caller: Caller | None = field(default_factory=current_caller.get)

    @property
    def n(self) -> int:
        return self.arguments[0].size(0)

    @property
    def lease(self) -> Lease | None:
        return None if self.caller is None else self.caller.lease

    @property
    def priority(self) -> int:
        return USUAL_PRIORITY if self.caller is None else self.caller.priority
