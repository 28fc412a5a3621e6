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
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, overload

import structlog
import torch
from torch import Tensor

from db.fence import Lease
from workers import device as devices
from workers import metrics, torch_threads
from workers.batcher_numbers import Numbers
from workers.buckets import Batch, Buckets, Key
from workers.calls import Answer, Batched, Call, Door
from workers.caps import Caps
from workers.on_device import OnDevice, device_is_lost
from workers.seats import Seats
from workers.transfer import Transfer, stacked

Done = TypeVar("Done")
_Chore = tuple[Callable[[], Any], "Future[Any]"]

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Ready:
    """A batch without those that nobody wants any more.

    Attributes:
        stacked: its arguments, on the CPU; None where that failed, or is to be done anew.
        arrived: the same on the device, or on their way.
    """

    key: Key
    door: Door
    calls: list[Call]
    stacked: tuple[Tensor, ...] | None = None
    arrived: tuple[Tensor, ...] | None = None

    def taken(self) -> tuple[tuple[Tensor, ...] | None, tuple[Tensor, ...] | None]:
        """`stacked` and `arrived`, which it holds no longer: a batch that did not fit is halved."""
        held = self.stacked, self.arrived
        self.stacked = self.arrived = None
        return held


class Batcher:
    """The only thread that touches the device.

    Args:
        max_batch: most images in a batch.
        wait_s: how long a lone call waits for company.
        seats: whoever waits here gives the seat away meanwhile.
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
        seats: Seats | None = None,
        may_go_on: Callable[[Lease], None] = lambda _lease: None,
        on_death: Callable[[BaseException, set[Lease]], None] = lambda _error, _suspects: None,
    ) -> None:
        self.device, self.max_batch = device, max_batch
        self.numbers = Numbers()
        self.on_device = OnDevice()
        self._threads = torch.get_num_threads()
        self.seats = seats or Seats(1, threads=self._threads)
        self._may_go_on, self._on_death = may_go_on, on_death
        self._caps = Caps(max_batch)
        self._buckets = Buckets(self._caps, wait_s=wait_s)
        self._chores: deque[_Chore] = deque()
        self._visitors = 0
        self._at_work: list[Call] = []
        # The next batch, stacked by whoever filled it; and the device thread's own, on its way.
        self._ahead: Ready | None = None
        self._is_stacking = False
        self._next_sent: Ready | None = None
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
            batch = self._full_one(call.since)
            if batch is None and (
                self._alarm is None
                or self._buckets.ready(call.since, nobody_else_comes=self._nobody_else_comes())
            ):
                self._changed.notify()
        if batch is not None:
            self._stack_ahead(batch)
        with self.seats.lent():
            given = call.future.result()
            share = given.cut() if isinstance(given, Batched) else given
            share.pass_on()
        return share.answer()

    def do(self, chore: Callable[[], Done]) -> Done:
        """Have the device thread do this, before its next batch: load, warm up, measure."""
        if threading.current_thread() is self._thread:
            return chore()
        done: Future[Done] = Future()
        with self._changed:
            self._refuse_if_stopped()
            self._chores.append((chore, done))
            self._changed.notify()
        with self.seats.lent():
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

    def _full_one(self, now: float) -> Batch | None:
        """While the device is busy, whoever fills its next batch stacks it, too."""
        if not self._at_work or self._ahead is not None or self._is_stacking or self._chores:
            return None
        bucket = self._buckets.full()
        if bucket is None:
            return None
        self._is_stacking = True
        return self._taken(self._buckets.take(bucket), now)

    def _stack_ahead(self, batch: Batch) -> None:
        ready = self._stacked(batch)
        with self._changed:
            self._is_stacking = False
            self._ahead = ready
            self._changed.notify()
            is_too_late = self._stopping
        if is_too_late:
            self._let_nobody_wait()

    def _run(self) -> None:
        try:
            devices.pin(self.device)
            torch_threads.use(self._threads)
            self._transfer = Transfer(self.device)
            while (found := self._next_sent or self._next(waits=True)) is not None:
                self._next_sent = None
                if isinstance(found, Ready):
                    self._execute(found, looks_ahead=True)
                    self._at_work = []
                else:
                    self._do(*found)
                del found  # what callers were given is theirs alone, also while nothing follows
        except BaseException as error:  # noqa: BLE001 — said, answered, and the process told
            _log.exception("the device thread died")
            self._on_death(error, self.on_device.suspects())
        finally:
            self._let_nobody_wait()

    def _let_nobody_wait(self) -> None:
        """For a thread that is gone."""
        with self._changed:
            self._stopping = True
            waiting = [*self._at_work, *self._buckets.clear()]
            chores, self._chores = self._chores, deque()
            ahead, self._ahead = (self._ahead, self._next_sent), None
        waiting += [call for ready in ahead if ready is not None for call in ready.calls]
        futures: list[Future[Any]] = [call.future for call in waiting]
        for future in (*futures, *(done for _, done in chores)):
            if not future.done():
                future.set_exception(RuntimeError("the device thread has stopped"))

    @overload
    def _next(self, *, waits: Literal[True]) -> Ready | _Chore | None: ...
    @overload
    def _next(self, *, waits: Literal[False]) -> Ready | None: ...
    def _next(self, *, waits: bool) -> Ready | _Chore | None:
        """What to do now. None: it is time to stop; or nothing is there, and this does not wait."""
        with self._changed:
            while not self._stopping:
                if self._ahead is not None:
                    ready, self._ahead = self._ahead, None
                    return ready
                if self._chores:
                    return self._chores.popleft() if waits else None
                now = time.monotonic()
                bucket = self._buckets.ready(now, nobody_else_comes=self._nobody_else_comes())
                if bucket is not None and not self._is_stacking:
                    self._alarm = now
                    batch = self._taken(self._buckets.take(bucket), now)
                    break
                if not waits:
                    return None
                self._alarm = None if self._is_stacking else self._buckets.due_at()
                self._changed.wait(None if self._alarm is None else max(0.0, self._alarm - now))
            else:
                return None
        return self._stacked(batch)

    def _taken(self, batch: Batch, now: float) -> Batch:
        self.numbers.splits += batch.leaves_some
        self.numbers.waited_s += sum(now - call.since for call in batch.calls)
        return batch

    def _stacked(self, batch: Batch) -> Ready:
        calls = self._wanted(batch.calls)
        try:
            return Ready(batch.key, batch.door, calls, stacked(_columns(calls)) if calls else None)
        except Exception:  # noqa: BLE001 — tried again, and told to its callers, when it is its turn
            return Ready(batch.key, batch.door, calls)

    def _send(self, ready: Ready) -> None:
        """On its way to the device; where that fails it is tried again in its turn."""
        self._next_sent = ready
        try:
            if ready.stacked is not None:
                ready.arrived = self._transfer.to_device(ready.stacked)
        except Exception as error:
            if device_is_lost(error):
                raise

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
                if device_is_lost(error):
                    # It is answered with all the others who wait, after the process was told.
                    self._chores.appendleft((chore, done))
                    raise
                done.set_exception(error)
            return None

        self.on_device.run(None, [], run)

    def _execute(self, ready: Ready, *, looks_ahead: bool) -> None:
        """One batch; on an error halves, until the culprit stands alone."""
        key, calls = ready.key, ready.calls
        if not calls:
            return
        self._at_work = calls
        images = sum(call.n for call in calls)
        started = time.monotonic()
        error = self.on_device.run(
            key, calls, lambda: self._try(ready, started, looks_ahead=looks_ahead)
        )
        if error is None:
            self.numbers.batches += 1
            self.numbers.images += images
            return
        self.numbers.busy_s += time.monotonic() - started
        if isinstance(error, torch.OutOfMemoryError):
            self._caps.ran_out_of_memory(key, calls[0], images=images)
            self._free_memory()
            error = MemoryError("the device has not enough memory for one call")
        if len(calls) == 1:
            calls[0].future.set_exception(error)
            return
        self.numbers.bisections += 1
        half = len(calls) // 2
        for some in (calls[:half], calls[half:]):
            self._execute(Ready(key, ready.door, some), looks_ahead=False)

    def _try(self, ready: Ready, started: float, *, looks_ahead: bool) -> BaseException | None:
        """The error is returned, not kept: its traceback would hold the batch's tensors."""
        calls = ready.calls
        try:
            with torch.inference_mode():
                whole, arguments = ready.taken()
                if arguments is None:
                    arguments = self._transfer.to_device(whole or stacked(_columns(calls)))
                self._transfer.arrived(arguments)
                answer = ready.door(*arguments)
            if looks_ahead and (ahead := self._next(waits=False)) is not None:
                # The next batch is on its way before this one's callers wake, and take the time.
                self._send(ahead)
            with torch.inference_mode():
                parts = self._transfer.to_host(answer if isinstance(answer, tuple) else (answer,))
        except Exception as error:
            if device_is_lost(error):
                raise
            return error.with_traceback(None)
        seconds = time.monotonic() - started
        self.numbers.busy_s += seconds
        counts = [call.n for call in calls]
        images = sum(counts)
        metrics.batch(images, seconds)
        self._caps.ran(ready.key, calls[0], images=images, seconds=seconds)
        others = [call.future for call in calls[1:]]
        is_one = isinstance(answer, Tensor)
        calls[0].future.set_result(Batched(parts, is_one, counts, others))
        return None

    def _free_memory(self) -> None:
        self.numbers.out_of_memory += 1
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()


def _columns(calls: list[Call]) -> list[tuple[Tensor, ...]]:
    return list(zip(*(call.arguments for call in calls), strict=True))
