"""Ends a process that gets nowhere: its device hangs, or too many of its hands do."""

import faulthandler
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

import structlog

from db.fence import Lease

LOOK_EVERY_S = 1.0

_log = structlog.get_logger(__name__)


class Watchdog:
    """Looks once a second; when it has seen enough, it says where every thread stands.

    Args:
        hands: how many there are; more than a quarter of them late is too many.
        patience_s: how long a hand may be over its job's time: until the lease has run out, the job
            was swept, and the hand has been told.
        device_is_stuck: whether the device has not got on for longer than it ever should.
        on_stuck: called once, with what is wrong and the jobs of the hands that are late.
    """

    def __init__(
        self,
        *,
        hands: int,
        patience_s: float,
        device_is_stuck: Callable[[], bool],
        on_stuck: Callable[[str, Collection[Lease]], None],
    ) -> None:
        self._hands = hands
        self._patience_s = patience_s
        self._device_is_stuck = device_is_stuck
        self._on_stuck = on_stuck
        self._due: dict[Lease, float] = {}
        self._guard = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    @contextmanager
    def watching(self, lease: Lease, timeout_s: float) -> Iterator[None]:
        """A hand is at this job, and should be done with it in time."""
        with self._guard:
            self._due[lease] = time.monotonic() + timeout_s + self._patience_s
        try:
            yield
        finally:
            with self._guard:
                self._due.pop(lease, None)

    def _run(self) -> None:
        while not self._stop.wait(LOOK_EVERY_S):
            late = self._late()
            wrong = self._wrong(late)
            if wrong:
                _log.error("this process gets nowhere", because=wrong)
                faulthandler.dump_traceback(sys.stderr.fileno(), all_threads=True)
                self._on_stuck(wrong, late)
                return

    def _late(self) -> list[Lease]:
        now = time.monotonic()
        with self._guard:
            return [lease for lease, due in self._due.items() if now > due]

    def _wrong(self, late: Collection[Lease]) -> str:
        if self._device_is_stuck():
            return "the device does not get on with its batch"
        if len(late) * 4 > self._hands:
            return f"{len(late)} of {self._hands} hands are over their jobs' time"
        return ""
