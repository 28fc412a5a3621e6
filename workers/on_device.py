"""The batch that the device is at: whose calls it holds, and whether the device gets on with it."""

import time
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import torch

from db.fence import Lease
from workers.calls import Call

STUCK_AFTER_S = 30.0
"""Without an answer from the device; where its batches are slow, ten times the slowest of late."""

LOADING_S = 300.0
"""What the first batch of a bucket may take: networks are loaded, compiled and tuned in it."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some calls, and until when the device may be at them."""

    calls: list[Call]
    until: float

    def unanswered(self) -> list[Call]:
        return [call for call in self.calls if not call.future.done()]

    def is_late(self) -> bool:
        is_over = self.calls and not self.unanswered()
        return time.monotonic() > self.until and not is_over


class OnDevice:
    """Written by the device thread, read by whoever watches it."""

    def __init__(self) -> None:
        self._batch: _Batch | None = None
        self._tuned: set[Hashable] = set()
        self._lasted_s: deque[float] = deque(maxlen=100)

    def run(
        self, key: Hashable, calls: list[Call], batch: Callable[[], BaseException | None]
    ) -> BaseException | None:
        """What `batch` returns. If it raises, its calls stay: they are the suspects.

        Without a key it is no batch but a chore: it may always take as long as loading does.
        """
        started = time.monotonic()
        slowest_s = max(self._lasted_s, default=0.0)
        patience_s = max(STUCK_AFTER_S, 10 * slowest_s) if key in self._tuned else LOADING_S
        self._batch = _Batch(calls, until=started + patience_s)
        error = batch()
        self._batch = None
        if key in self._tuned:
            self._lasted_s.append(time.monotonic() - started)
        elif error is None and key is not None:
            self._tuned.add(key)
        return error

    def suspects(self) -> set[Lease]:
        """The jobs whose calls are on the device."""
        batch = self._batch
        calls = batch.unanswered() if batch is not None else []
        return {call.lease for call in calls if call.lease is not None}

    def is_stuck(self) -> bool:
        """Whether the device has not got on for longer than it ever should."""
        batch = self._batch
        return batch is not None and batch.is_late()


def device_is_lost(error: Exception) -> bool:
    """After such an error CUDA answers nothing in this process any more."""
    is_memory = isinstance(error, torch.OutOfMemoryError)
    return "CUDA error" in str(error) and not is_memory
