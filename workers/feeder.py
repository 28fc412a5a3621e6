"""The only claimer of this process: takes due jobs while there is room, each to a hand."""

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from db import fleet, line, transitions, versions
from db.engine import reading, transaction
from db.line import Waiting
from db.operations.order import Order
from db.operations.union import OPERATIONS
from db.tables.jobs import Job
from db.transitions import Lease
from workers.failures import judge
from workers.leases import Leases

PIXELS = 64_000_000
"""Pictures decoded at a time, together: what bounds this process's memory."""

SOLO_PATIENCE_S = 10.0
"""How long a job that must be alone waits for an idle process, before one comes to rest for it."""

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
        self._hands = _ready(hands)
        self._free = hands
        self._room = hands
        self._pixels = 0
        self._changed = threading.Condition()
        self._rung = False
        self._is_alone = False
        self._was_alone = False
        # A queue whose first job wants more room than is free: nobody in this process overtakes it.
        self._waits_for: str | None = None
        # After a claim whose answer was lost, jobs may be ours without our knowing.
        self._may_have_strays = False
        # Not every process of a fleet may come to rest for the same job at the same time.
        self._patience_s = SOLO_PATIENCE_S * random.uniform(1, 3)  # noqa: S311
        self._stopping = False
        self._is_over = False
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
        """Whether every hand came free in time, and no claim was on its way to one."""
        with self._changed:
            return self._changed.wait_for(self._is_idle, timeout=seconds)

    def _is_idle(self) -> bool:
        may_claim = self._thread.is_alive() and self._stopping and not self._is_over
        return self._free == self._room and not may_claim

    def _run(self) -> None:
        try:
            self._feed_until_stopped()
        finally:
            with self._changed:
                self._is_over = True
                self._changed.notify_all()

    def _feed_until_stopped(self) -> None:
        while not self._stopping:
            try:
                self._put_back_strays()
                took = [self._feed(queue) for queue in self._queues]
            except SQLAlchemyError as error:
                _log.warning("no jobs could be claimed", error=str(error))
                self._may_have_strays = True
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
        """One claim; True if it took something, so that there may be more."""
        with self._changed:
            room, is_idle = self._free, self._free == self._room
        if room == 0 or self._is_alone or self._waits_for not in (None, queue):
            return False
        with reading() as session:
            if not line.is_due(session, queue):
                self._waits_for = None
                return False
        with transaction() as session:
            chosen = self._choose(session, queue, room, is_idle=is_idle)
            jobs = transitions.claim(
                session,
                chosen,
                owner=self._worker_id,
                device=self._device,
                lease_s=self._lease_s,
            )
            ready = self._prepared(session, jobs)
        # A job that took its worker down twice has the process to itself until it ends.
        self._is_alone = any(job.solo for job in ready)
        self._was_alone = any(job.solo for job in jobs) or (self._was_alone and not jobs)
        for job in ready:
            self._hand_over(job)
        return bool(jobs)

    def _choose(
        self,
        session: Session,
        queue: str,
        room: int,
        *,
        is_idle: bool,
    ) -> Sequence[Waiting]:
        waited_s = 0.0 if is_idle else self._patience_s
        alone = line.alone(session, queue, known=OPERATIONS, waited_s=waited_s)
        if alone is not None and not is_idle:
            # Under a steady load nobody is ever idle: this process takes no more until it is.
            self._waits_for = queue
            return []
        if alone is not None and not self._was_alone:
            self._waits_for = None
            return [alone]
        waiting = line.following(session, queue, known=OPERATIONS, most=room)
        fitting = waiting[: self._that_fit(waiting, is_idle=is_idle)]
        self._waits_for = queue if waiting and not fitting else None
        # After one that was alone it is the others' turn, if there are any.
        return [alone] if alone is not None and not fitting else fitting

    def _that_fit(self, waiting: Sequence[Waiting], *, is_idle: bool) -> int:
        """How many from the head of the line; what does not fit keeps its place, and so its turn.

        A picture larger than all the room goes in alone.
        """
        left = PIXELS - self._pixels
        for count, one in enumerate(waiting):
            left -= one.pixels
            if left < 0:
                return 1 if is_idle and count == 0 else count
        return len(waiting)

    def _prepared(self, session: Session, jobs: Sequence[Job]) -> list[Job]:
        """Fix the versions at the first claim; a request that cannot run fails here."""
        ready: list[Job] = []
        serving: dict[tuple[str, str], dict[str, str]] = {}
        for job in jobs:
            try:
                if job.versions is None:
                    job.versions = _versions(session, job, serving)
            except (ValidationError, versions.VersionNotFound) as error:
                judgement = judge(error)
                lease = Lease(job.id, self._worker_id, job.lease_token)
                transitions.fail(session, lease, code=judgement.code, detail=judgement.detail)
            else:
                ready.append(job)
        return ready

    def _hand_over(self, job: Job) -> None:
        self._leases.hold(Lease(job.id, self._worker_id, job.lease_token))
        with self._changed:
            self._free -= 1
            self._pixels += job.pixels
        self._hands.submit(self._work, job)

    def _put_back_strays(self) -> None:
        """What the table says is ours and no hand has: it was claimed, and we were not told."""
        if not self._may_have_strays:
            return
        held = set(self._leases.held())
        with transaction() as session:
            for lease in fleet.leases(session, self._worker_id):
                if lease not in held:
                    transitions.release(session, lease)
        self._may_have_strays = False

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


def _ready(hands: int) -> ThreadPoolExecutor:
    """A pool of which every thread runs: where there are too few, a worker does not start.

    Raises:
        RuntimeError: no more threads can be started here.
    """
    pool = ThreadPoolExecutor(hands, thread_name_prefix="hand")
    together = threading.Barrier(hands + 1)
    for _ in range(hands):
        pool.submit(together.wait)
    together.wait()
    return pool


def _versions(
    session: Session, job: Job, serving: dict[tuple[str, str], dict[str, str]]
) -> dict[str, str]:
    """The versions that serve this request; asked once for all jobs of a claim that need them."""
    needs = Order.model_validate_json(job.request).operation.needs()
    key = (job.tenant, repr(needs))
    if key not in serving:
        serving[key] = versions.choose(session, job.tenant, needs)
    return serving[key]
