"""A call of a network: whose it is, what it brings, and where its answer goes."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextvars import ContextVar
from dataclasses import dataclass, field

from torch import Tensor

from db.fence import Lease
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


@dataclass(frozen=True, slots=True)
class Share:
    """What a network gave for a whole batch, and which part of it is one caller's.

    Attributes:
        parts: on the CPU, [ΣN, …] each.
        first: the caller's first row.
        is_one: whether the network gives a tensor, not a tuple.
        others: who else was in the batch, and is told by this one's caller.
    """

    parts: tuple[Tensor, ...]
    first: int
    is_one: bool
    others: "Sequence[tuple[Future[Share], Share]]" = ()

    def pass_on(self) -> None:
        """Wake the others: the device thread wakes one caller, and goes on to the next batch."""
        for future, share in self.others:
            future.set_result(share)

    def of(self, n: int) -> Answer:
        """The caller's own, for a network that was given `n` rows by it.

        Raises:
            Permanent: `not_finite`; what others got in the same batch may be fine.
        """
        mine = tuple(part[self.first : self.first + n] for part in self.parts)
        # A sum shows whatever is not finite, and costs a twentieth of a look at each number.
        if not all(part.sum().isfinite() or part.isfinite().all() for part in mine):
            raise Permanent("not_finite", "the network gave numbers that are not finite")
        # An inference tensor may not be changed by the operation that gets it.
        owned = tuple(part.clone() if part.is_inference() else part for part in mine)
        return owned[0] if self.is_one else owned


@dataclass(frozen=True, slots=True)
class Call:
    """One caller's arguments, which share a leading N, and where its share comes to."""

    arguments: tuple[Tensor, ...]
    future: "Future[Share]" = field(default_factory=Future)
    since: float = field(default_factory=time.monotonic)
    caller: Caller | None = field(default_factory=current_caller.get)

    @property
    def n(self) -> int:
        return self.arguments[0].shape[0]

    @property
    def lease(self) -> Lease | None:
        return None if self.caller is None else self.caller.lease

    @property
    def priority(self) -> int:
        return USUAL_PRIORITY if self.caller is None else self.caller.priority
