"""The hands of a worker: threads that each do one job, and what is free of them and of memory."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import structlog

from db.tables.jobs import Job
from db.together import gather

PIXELS = 64_000_000
"""Pictures decoded at a time, together: what bounds this process's memory."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Room:
    """What may still be taken: so many jobs, so many pixels of pictures.

    Attributes:
        is_idle: nothing is in hand.
        is_closed: a job is in hand that must have the process to itself until it ends.
    """

    jobs: int
    pixels: int
    is_idle: bool
    is_closed: bool


class Hands:
    """So many threads, all of which run: where there are too few, a worker does not start.

    Raises:
        RuntimeError: no more threads can be started here.
    """

    def __init__(
        self, count: int, perform: Callable[[Job], None], *, on_free: Callable[[], None]
    ) -> None:
        self._count, self._perform, self._on_free = count, perform, on_free
        self._in_hand: list[Job] = []
        self._changed = threading.Condition()
        self._pool = _ready(count)

    def room(self) -> Room:
        with self._changed:
            return Room(
                jobs=self._count - len(self._in_hand),
                pixels=PIXELS - sum(job.pixels for job in self._in_hand),
                is_idle=not self._in_hand,
                is_closed=any(job.solo for job in self._in_hand),
            )

    def company(self) -> int:
        """How many jobs it pays to wait for: a quarter of the hands, while three quarters work.

        A claim and a commit cost nearly the same for one job as for many, and meanwhile there is
        enough to do.
        """
        quarter = max(1, self._count // 4)
        with self._changed:
            return quarter if self._count - len(self._in_hand) < quarter else 1

    def room_for(self, jobs: int, *, within_s: float) -> Room:
        """Room for so many, or what there is when that time is over."""
        gather(lambda: self.room().jobs, jobs, within_s=within_s)
        return self.room()

    def busy(self) -> int:
        with self._changed:
            return len(self._in_hand)

    def give(self, job: Job) -> None:
        """Have a free hand do it; who gives looks at the room first."""
        with self._changed:
            self._in_hand.append(job)
        self._pool.submit(self._work, job)

    def wait_until_idle(self, seconds: float) -> bool:
        """Whether every hand came free in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._in_hand, timeout=seconds)

    def _work(self, job: Job) -> None:
        try:
            self._perform(job)
        except Exception:  # noqa: BLE001
            # Only the database can fail here: the lease runs out and the sweeper finds the job.
            _log.exception("an outcome could not be written", job_id=job.id)
        finally:
            with self._changed:
                # By the claim, not by the row: a swept job may be in two hands of one process.
                self._in_hand = [one for one in self._in_hand if one is not job]
                self._changed.notify_all()
            self._on_free()


def _ready(count: int) -> ThreadPoolExecutor:
    pool = ThreadPoolExecutor(count, thread_name_prefix="hand")
    together = threading.Barrier(count + 1)
    for _ in range(count):
        pool.submit(together.wait)
    together.wait()
    return pool
