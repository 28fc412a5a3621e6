"""Many callers, one device thread: calls of one network with one shape share a batch.

Batching is at the network, not at the job: an operation calls what looks like the network, and
waits here for the company it gets.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import structlog
import torch
from torch import Tensor

from db.fence import Lease
from workers.calls import Answer, Call, Door
from workers.failures import Permanent
from workers.on_device import OnDevice

MOST_NUMBERS = 8_000_000
"""In one batch's largest argument: 2.7 megapixels of colour."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Numbers:
    """What the batcher did so far."""

    calls: int = 0
    batches: int = 0
    images: int = 0
    splits: int = 0
    out_of_memory: int = 0
    busy_s: float = 0.0


class Batcher:
    """The only thread that touches the device.

    Args:
        max_batch: most images in a batch.
        wait_s: how long a lone call waits for company.
        on_death: called in the device thread when it ends by an error, with the jobs whose calls
            were on the device. What else it holds waits until this returns.
    """

    def __init__(
        self,
        device: torch.device,
        *,
        max_batch: int,
        wait_s: float,
        on_death: Callable[[BaseException, set[Lease]], None] = lambda _error, _suspects: None,
    ) -> None:
        self.device = device
        self.numbers = Numbers()
        self.on_device = OnDevice()
        self._max_batch = max_batch
        self._on_death = on_death
        self._wait_s = wait_s
        self._caps: dict[Hashable, int] = {}
        self._buckets: OrderedDict[Hashable, tuple[Door, list[Call]]] = OrderedDict()
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="device", daemon=True)
        self._thread.start()

    def call(self, network: Hashable, door: Door, *arguments: Tensor) -> Answer:
        """What `door(*arguments)` gives, on the CPU, whoever else was in the batch.

        Args:
            network: what tells this network's door from all others.
            door: takes and gives tensors that share a leading N.
            arguments: [N, …] each, on the CPU.

        Raises:
            Permanent: `not_finite` when the network gave NaN or infinity for these arguments.
        """
        call = Call(arguments)
        key = (network, *((tuple(a.shape[1:]), a.dtype) for a in arguments))
        with self._changed:
            if self._stopping:
                raise RuntimeError("the device thread has stopped")
            self._caps.setdefault(key, self._first_cap(arguments))
            self._buckets.setdefault(key, (door, []))[1].append(call)
            self.numbers.calls += 1
            self._changed.notify()
        return call.future.result()

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify()

    def _run(self) -> None:
        calls: list[Call] = []
        try:
            while (batch := self._next_batch()) is not None:
                key, door, calls = batch
                started = time.monotonic()
                self._execute(key, door, calls)
                self.numbers.busy_s += time.monotonic() - started
        except BaseException as error:  # noqa: BLE001 — said, answered, and the process told
            _log.exception("the device thread died")
            self._on_death(error, self.on_device.suspects())
        finally:
            self._refuse(calls)

    def _refuse(self, calls: list[Call]) -> None:
        """Nobody waits for a thread that is gone."""
        with self._changed:
            self._stopping = True
            waiting = [call for _, bucket in self._buckets.values() for call in bucket]
            self._buckets.clear()
        for call in [*calls, *waiting]:
            if not call.future.done():
                call.future.set_exception(RuntimeError("the device thread has stopped"))

    def _next_batch(self) -> tuple[Hashable, Door, list[Call]] | None:
        """A full bucket, or the one whose oldest call has waited long enough."""
        with self._changed:
            while not self._stopping:
                now = time.monotonic()
                for key, (_, calls) in self._buckets.items():
                    is_full = sum(call.n for call in calls) >= self._cap(key)
                    if is_full or now - calls[0].since >= self._wait_s:
                        return self._take(key)
                oldest = min((c[0].since for _, c in self._buckets.values()), default=None)
                wait_s = None if oldest is None else max(oldest + self._wait_s - now, 0.0)
                self._changed.wait(wait_s)
            return None

    def _take(self, key: Hashable) -> tuple[Hashable, Door, list[Call]]:
        """As many calls as fit the bucket's cap, at least one; what is left keeps its place last.

        A bucket moves behind the others when it is served, so that no shape starves.
        """
        door, calls = self._buckets.pop(key)
        taken, room = [calls[0]], self._cap(key) - calls[0].n
        for call in calls[1:]:
            if call.n > room:
                break
            taken.append(call)
            room -= call.n
        if len(taken) < len(calls):
            self._buckets[key] = (door, calls[len(taken) :])
        return key, door, taken

    def _cap(self, key: Hashable) -> int:
        return self._caps[key]

    def _first_cap(self, arguments: tuple[Tensor, ...]) -> int:
        """Large images fill a batch sooner: its time and memory are bounded, not its count."""
        largest = max(argument[0].numel() for argument in arguments)
        return max(1, min(self._max_batch, MOST_NUMBERS // max(1, largest)))

    def _execute(self, key: Hashable, door: Door, calls: list[Call]) -> None:
        """One batch; on an error halves, until the culprit stands alone."""
        error = self.on_device.run(key, calls, lambda: self._try(door, calls))
        if error is None:
            return
        if isinstance(error, torch.OutOfMemoryError):
            self._forget_memory(key, calls)
            error = MemoryError("the device has not enough memory for one call")
        if len(calls) == 1:
            calls[0].future.set_exception(error)
            return
        self.numbers.splits += 1
        half = len(calls) // 2
        self._execute(key, door, calls[:half])
        self._execute(key, door, calls[half:])

    def _try(self, door: Door, calls: list[Call]) -> BaseException | None:
        """The error is returned, not kept: its traceback would hold the batch's tensors."""
        try:
            columns = zip(*(call.arguments for call in calls), strict=True)
            stacked = [torch.cat(column).to(self.device) for column in columns]
            with torch.inference_mode():
                answer = door(*stacked)
            answers = _shared_out(calls, answer)
        except Exception as error:
            if _is_sticky(error):
                raise
            return error.with_traceback(None)
        for call, own in zip(calls, answers, strict=True):
            if isinstance(own, Exception):
                call.future.set_exception(own)
            else:
                call.future.set_result(own)
        self.numbers.batches += 1
        self.numbers.images += sum(call.n for call in calls)
        return None

    def _forget_memory(self, key: Hashable, calls: list[Call]) -> None:
        self.numbers.out_of_memory += 1
        self._caps[key] = max(1, sum(call.n for call in calls) // 2)
        if self.device.type == "cuda":
            torch.cuda.empty_cache()


def _shared_out(calls: list[Call], answer: Answer) -> list[Answer | Permanent]:
    """Each caller's part; one that is not finite is an error of its own caller's alone."""
    parts = answer if isinstance(answer, tuple) else (answer,)
    sizes = [call.n for call in calls]
    # A clone, because an inference tensor may not be changed by the operation that gets it.
    columns = [torch.split(part.cpu().clone(), sizes) for part in parts]
    owned = list(zip(*columns, strict=True))
    return [
        (own if isinstance(answer, tuple) else own[0])
        if all(bool(part.isfinite().all()) for part in own)
        else Permanent("not_finite", "the network gave numbers that are not finite")
        for own in owned
    ]


def _is_sticky(error: Exception) -> bool:
    """An error after which CUDA answers nothing in this process any more."""
    is_memory = isinstance(error, torch.OutOfMemoryError)
    return "CUDA error" in str(error) and not is_memory
