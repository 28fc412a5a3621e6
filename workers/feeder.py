"""The only claimer of this process: takes due jobs while there is room, each to a hand."""

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from db import transitions, versions
from db.engine import reading, transaction
from db.operations.order import Order
from db.operations.union import OPERATIONS
from db.tables.jobs import Job
from db.transitions import Lease
from workers.failures import judge
from workers.leases import Leases

PIXELS = 64_000_000
"""Pictures decoded at a time, together: what bounds this process's memory."""

_log = structlog.get_logger(__name__)


class Feeder:
    """Woken by a message, by a finished hand, or by its own clock."""

    def __init__(
        self,
        *,
        worker_id: str,
        device: str,
        queues: Sequence[str],
        hands: int,
        lease_s: float,
        poll_s: float,
        leases: Leases,
        perform: Callable[[Job], None],
    ) -> None:
        self._worker_id, self._device, self._queues = worker_id, device, queues
        self._lease_s, self._poll_s = lease_s, poll_s
        self._leases, self._perform = leases, perform
        self._hands = ThreadPoolExecutor(hands, thread_name_prefix="hand")
        self._free = hands
        self._room = hands
        self._pixels = 0
        self._changed = threading.Condition()
        self._rung = False
        self._is_alone = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="feeder", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        with self._changed:
            self._rung = True
            self._changed.notify()

    def stop_claiming(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify()

    def busy(self) -> int:
        with self._changed:
            return self._room - self._free

    def wait_until_idle(self, seconds: float) -> bool:
        """Whether every hand came free in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._free == self._room, timeout=seconds)

    def _run(self) -> None:
        while not self._stopping:
            try:
                took = [self._feed(queue) for queue in self._queues]
            except SQLAlchemyError as error:
                _log.warning("no jobs could be claimed", error=str(error))
                took = []
            except Exception:  # noqa: BLE001 — a worker whose feeder died would take nothing for ever
                _log.exception("no jobs could be claimed")
                took = []
            if not any(took):
                self._sleep()

    def _sleep(self) -> None:
        with self._changed:
            seconds = self._poll_s * random.uniform(0.8, 1.2)  # noqa: S311 — spreads the clocks
            self._changed.wait_for(lambda: self._rung or self._stopping, timeout=seconds)
            self._rung = False

    def _feed(self, queue: str) -> bool:
        """One claim; True if the queue may hold more than there was room for."""
        with self._changed:
            room, is_idle = self._free, self._free == self._room
        if room == 0 or self._is_alone:
            return False
        with reading() as session:
            waiting = transitions.line(session, queue, known=OPERATIONS, most=room)
        if not waiting:
            return False
        fitting = self._that_fit([one.pixels for one in waiting if not one.solo], is_idle=is_idle)
        with transaction() as session:
            jobs = self._claim(session, queue, fitting, solo=False) if fitting else []
            if not jobs and is_idle:
                jobs = self._claim(session, queue, 1, solo=True)
            ready = [job for job in jobs if self._prepared(session, job)]
        # A job that took its worker down twice has the process to itself until it ends.
        self._is_alone = any(job.solo for job in ready)
        for job in ready:
            self._hand_over(job)
        return len(jobs) == room

    def _that_fit(self, line: list[int], *, is_idle: bool) -> int:
        """How many from the head of the line; what does not fit keeps its place, and so its turn.

        A picture larger than all the room goes in alone.
        """
        left = PIXELS - self._pixels
        for count, pixels in enumerate(line):
            left -= pixels
            if left < 0:
                return 1 if is_idle and count == 0 else count
        return len(line)

    def _claim(self, session: Session, queue: str, room: int, *, solo: bool) -> Sequence[Job]:
        return transitions.claim(
            session,
            queue=queue,
            owner=self._worker_id,
            device=self._device,
            room=room,
            lease_s=self._lease_s,
            known=OPERATIONS,
            solo=solo,
        )

    def _prepared(self, session: Session, job: Job) -> bool:
        """Fix the versions at the first claim; a request that cannot run fails here."""
        if job.versions is not None:
            return True
        try:
            needs = Order.model_validate_json(job.request).operation.needs()
            job.versions = versions.choose(session, job.tenant, needs)
            session.flush()
        except (ValidationError, versions.VersionNotFound) as error:
            judgement = judge(error)
            lease = Lease(job.id, self._worker_id, job.lease_token)
            transitions.fail(session, lease, code=judgement.code, detail=judgement.detail)
            return False
        return True

    def _hand_over(self, job: Job) -> None:
        self._leases.hold(Lease(job.id, self._worker_id, job.lease_token))
        with self._changed:
            self._free -= 1
            self._pixels += job.pixels
        try:
            self._hands.submit(self._work, job)
        except RuntimeError:  # no thread can be started
            self._put_back(job)
            raise

    def _put_back(self, job: Job) -> None:
        lease = Lease(job.id, self._worker_id, job.lease_token)
        self._leases.let_go(lease)
        self._hand_is_free(job)
        with transaction() as session:
            transitions.release(session, lease)

    def _work(self, job: Job) -> None:
        try:
            self._perform(job)
        except Exception:  # noqa: BLE001
            # Only the database can fail here: the lease runs out and the sweeper finds the job.
            _log.exception("an outcome could not be written", job=job.id)
        finally:
            self._hand_is_free(job)

    def _hand_is_free(self, job: Job) -> None:
        with self._changed:
            self._free += 1
            self._pixels -= job.pixels
            self._is_alone = False
            self._rung = True
            self._changed.notify_all()
