"""Many callers, one device thread: calls of one network with one shape share a batch.

Batching is at the network, not at the job: an operation calls what looks like the network, and
waits here for the company it gets.
"""

import gc
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

import structlog
import torch
from torch import Tensor

from db.fence import Lease
from workers import device as devices
from workers import transfer
from workers.batcher_numbers import Numbers
from workers.buckets import Batch, Buckets, Key
from workers.calls import Answer, Call, Door
from workers.caps import Caps
from workers.failures import Permanent
from workers.on_device import OnDevice

Done = TypeVar("Done")
_Chore = tuple[Callable[[], Any], "Future[Any]"]

_log = structlog.get_logger(__name__)


class Batcher:
    """The only thread that touches the device.

    Args:
        max_batch: most images in a batch.
        wait_s: how long a lone call waits for company.
        may_go_on: raises where a job need not be worked on any longer.
        on_death: called in the device thread when it ends by an error, with the jobs whose calls
            were on the device. What else it holds waits until this returns.
    """

    def __init__(
        self,
        device: torch.device,
        *,
        max_batch: int,
        wait_s: float,
        may_go_on: Callable[[Lease], None] = lambda _lease: None,
        on_death: Callable[[BaseException, set[Lease]], None] = lambda _error, _suspects: None,
    ) -> None:
        self.device = device
        self.numbers = Numbers()
        self.on_device = OnDevice()
        self._may_go_on, self._on_death = may_go_on, on_death
        self._caps = Caps(max_batch)
        self._buckets = Buckets(self._caps, wait_s=wait_s)
        self._chores: deque[_Chore] = deque()
        self._visitors = 0
        self._changed = threading.Condition()
        # Until when the device thread sleeps; None: until somebody wakes it.
        self._alarm: float | None = None
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
        with self._changed:
            self._refuse_if_stopped()
            self._buckets.add(network, door, call)
            self.numbers.calls += 1
            if self._alarm is None or self._buckets.ready(
                call.since, nobody_else_comes=self._nobody_else_comes()
            ):
                self._changed.notify()
        return call.future.result()

    def do(self, chore: Callable[[], Done]) -> Done:
        """Have the device thread do this, before its next batch: load, warm up, measure."""
        if threading.current_thread() is self._thread:
            return chore()
        done: Future[Done] = Future()
        with self._changed:
            self._refuse_if_stopped()
            self._chores.append((chore, done))
            self._changed.notify()
        return done.result()

    @contextmanager
    def visit(self) -> Iterator[None]:
        """While a hand may still call. When all who may do wait, nobody waits for more company."""
        with self._changed:
            self._visitors += 1
        try:
            yield
        finally:
            with self._changed:
                self._visitors -= 1
                if self._buckets.calls and self._nobody_else_comes():
                    self._changed.notify()

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify()

    def _refuse_if_stopped(self) -> None:
        if self._stopping:
            raise RuntimeError("the device thread has stopped")

    def _nobody_else_comes(self) -> bool:
        return 0 < self._visitors <= self._buckets.calls

    def _run(self) -> None:
        calls: list[Call] = []
        try:
            devices.pin(self.device)
            while (next_ := self._next()) is not None:
                if isinstance(next_, Batch):
                    calls = self._wanted(next_.calls)
                    self._execute(next_.key, next_.door, calls)
                else:
                    self._do(*next_)
        except BaseException as error:  # noqa: BLE001 — said, answered, and the process told
            _log.exception("the device thread died")
            self._on_death(error, self.on_device.suspects())
        finally:
            self._let_nobody_wait(calls)

    def _let_nobody_wait(self, calls: list[Call]) -> None:
        """For a thread that is gone."""
        with self._changed:
            self._stopping = True
            waiting = self._buckets.clear()
            chores, self._chores = self._chores, deque()
        futures: list[Future[Any]] = [call.future for call in (*calls, *waiting)]
        for future in (*futures, *(done for _, done in chores)):
            if not future.done():
                future.set_exception(RuntimeError("the device thread has stopped"))

    def _next(self) -> Batch | _Chore | None:
        with self._changed:
            while not self._stopping:
                if self._chores:
                    return self._chores.popleft()
                now = time.monotonic()
                bucket = self._buckets.ready(now, nobody_else_comes=self._nobody_else_comes())
                if bucket is not None:
                    self._alarm = now
                    waiting = len(bucket.calls)
                    return self._taken(self._buckets.take(bucket), waiting, now)
                self._alarm = self._buckets.due_at()
                self._changed.wait(None if self._alarm is None else max(0.0, self._alarm - now))
            return None

    def _taken(self, batch: Batch, waiting: int, now: float) -> Batch:
        self.numbers.splits += waiting > len(batch.calls)
        self.numbers.waited_s += sum(now - call.since for call in batch.calls)
        return batch

    def _wanted(self, calls: list[Call]) -> list[Call]:
        """Without those of jobs that were cancelled, lost or too late while they waited."""
        wanted = []
        for call in calls:
            try:
                if call.lease is not None:
                    self._may_go_on(call.lease)
            except Exception as error:  # noqa: BLE001 — its own hand decides what it means
                call.future.set_exception(error)
            else:
                wanted.append(call)
        return wanted

    def _do(self, chore: Callable[[], Any], done: "Future[Any]") -> None:
        def run() -> BaseException | None:
            try:
                done.set_result(chore())
            except Exception as error:
                if _is_sticky(error):
                    # It is answered with all the others who wait, after the process was told.
                    self._chores.appendleft((chore, done))
                    raise
                done.set_exception(error)
            return None

        self.on_device.run(None, [], run)

    def _execute(self, key: Key, door: Door, calls: list[Call]) -> None:
        """One batch; on an error halves, until the culprit stands alone."""
        if not calls:
            return
        images = sum(call.n for call in calls)
        started = time.monotonic()
        error = self.on_device.run(key, calls, lambda: self._try(door, calls))
        seconds = time.monotonic() - started
        self.numbers.busy_s += seconds
        if error is None:
            self.numbers.batches += 1
            self.numbers.images += images
            self._caps.ran(key, calls[0], images=images, seconds=seconds)
            return
        if isinstance(error, torch.OutOfMemoryError):
            self._caps.ran_out_of_memory(key, calls[0], images=images)
            self._free_memory()
            error = MemoryError("the device has not enough memory for one call")
        if len(calls) == 1:
            calls[0].future.set_exception(error)
            return
        self.numbers.bisections += 1
        half = len(calls) // 2
        self._execute(key, door, calls[:half])
        self._execute(key, door, calls[half:])

    def _try(self, door: Door, calls: list[Call]) -> BaseException | None:
        """The error is returned, not kept: its traceback would hold the batch's tensors."""
        try:
            columns = zip(*(call.arguments for call in calls), strict=True)
            with torch.inference_mode():
                answer = door(*(transfer.to_device(column, self.device) for column in columns))
                parts = answer if isinstance(answer, tuple) else (answer,)
                finite = [_finite(part, calls) for part in parts]
                at_home = transfer.to_host(parts)
        except Exception as error:
            if _is_sticky(error):
                raise
            return error.with_traceback(None)
        _share_out(calls, at_home, finite, is_one=isinstance(answer, Tensor))
        return None

    def _free_memory(self) -> None:
        self.numbers.out_of_memory += 1
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()


def _finite(part: Tensor, calls: list[Call]) -> list[bool]:
    """Of each call, whether its share of the answer is numbers throughout."""
    rows = part.flatten(1) if part.ndim > 1 else part[:, None]
    # A sum shows any of them, at a twentieth of the time; only then it is worth a closer look.
    finite = rows.sum(dim=1).isfinite()
    if not finite.all():
        finite = rows.isfinite().all(dim=1)
    flags = iter(finite.tolist())
    return [all([next(flags) for _ in range(call.n)]) for call in calls]  # noqa: C419 — no short cut


def _share_out(
    calls: list[Call], parts: tuple[Tensor, ...], finite: list[list[bool]], *, is_one: bool
) -> None:
    """Each caller its part; one that is not finite is an error of its own caller's alone."""
    sizes = [call.n for call in calls]
    shares = zip(*(torch.split(part, sizes) for part in parts), strict=True)
    for call, share, *flags in zip(calls, shares, *finite, strict=True):
        if all(flags):
            call.future.set_result(share[0] if is_one else share)
        else:
            said = "the network gave numbers that are not finite"
            call.future.set_exception(Permanent("not_finite", said))


def _is_sticky(error: Exception) -> bool:
    """An error after which CUDA answers nothing in this process any more."""
    is_memory = isinstance(error, torch.OutOfMemoryError)
    return "CUDA error" in str(error) and not is_memory
