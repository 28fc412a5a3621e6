"""A call of a network: whose it is, what it brings, and where its answer goes."""

import time
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import ContextVar
from dataclasses import dataclass, field

from torch import Tensor

from db.fence import Lease

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
class Call:
    """One caller's arguments, which share a leading N, and where its answer goes."""

    arguments: tuple[Tensor, ...]
    future: "Future[Answer]" = field(default_factory=Future)
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
