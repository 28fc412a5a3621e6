"""The only claimer of this process: takes due jobs while there is room, each to a hand."""

import math
import random
import threading
import time
from collections.abc import Callable, Sequence

import structlog
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from db import fleet, line, transitions, versions
from db.engine import reading, transaction
from db.fence import Lease
from db.line import Waiting
from db.operations.union import OPERATIONS
from db.tables.jobs import Job
from workers import metrics
from workers.failures import judge
from workers.hands import Hands, Room
from workers.leases import Leases
from workers.pace import Pace
from workers.serving import Serving

SOLO_PATIENCE_S = 10.0
"""How long a job that must be alone waits for an idle process, before one comes to rest for it."""

ALONE_EVERY_S = 0.25
"""How often a busy process asks whether a job waits that must be alone."""

LOOKS_SOON_S = 0.01
"""After work; the longer it rests, the seldomer it looks: every `poll_s` in the end."""

GATHERS_S = 0.2
"""The longest that a claim waits for hands that come free one by one."""

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
        self._leases = leases
        self._rung = threading.Event()
        self._hands = Hands(hands, perform, on_free=self._rung.set)
        # A queue whose last claim filled all the room: there is no need to ask whether more is due.
        self._has_more: str | None = None
        self._is_told = False
        self._looked_for_alone_at = -math.inf
        self._serving = Serving()
        self._pace = Pace()
        self._took_at = -math.inf
        self._was_alone = False
        # A queue whose first job wants more room than is free: nobody in this process overtakes it.
        self._waits_for: str | None = None
        # After a claim whose answer was lost, jobs may be ours without our knowing.
        self._may_have_strays = False
        # Not every process of a fleet may come to rest for the same job at the same time.
        self._patience_s = SOLO_PATIENCE_S * random.uniform(1, 3)  # noqa: S311
        self._stopping = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feeder", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self, *, surely: bool = False) -> None:
        """Somebody says that there may be a job, or that there surely is one."""
        self._is_told |= surely
        self._rung.set()

    def stop_claiming(self) -> None:
        self._stopping.set()
        self._rung.set()

    def busy(self) -> int:
        return self._hands.busy()

    def company(self) -> int:
        """How many jobs it pays to wait for, before something is done for all of them."""
        return self._hands.company()

    def wait_until_idle(self, seconds: float) -> bool:
        """Whether every hand came free in time, and no claim was on its way to one."""
        give_up = time.monotonic() + seconds
        may_claim = self._thread.is_alive() and self._stopping.is_set()
        if may_claim and not self._over.wait(seconds):
            return False
        return self._hands.wait_until_idle(max(0.0, give_up - time.monotonic()))

    def _run(self) -> None:
        try:
            self._feed_until_stopped()
        finally:
            self._over.set()

    def _feed_until_stopped(self) -> None:
        while not self._stopping.is_set():
            try:
                self._put_back_strays()
                is_told, self._is_told = self._is_told, False
                took = [self._feed(queue, is_told=is_told) for queue in self._queues]
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
        """Until somebody rings, or it is time to look: soon after work, seldom after long rest.

        Whoever submits one job after the other need not wait for the next wake-up: there are
        twenty a second at most.
        """
        rested_s = time.monotonic() - self._took_at
        looks_in_s = min(self._poll_s, max(LOOKS_SOON_S, rested_s / 10))
        self._rung.wait(looks_in_s * random.uniform(0.8, 1.2))  # noqa: S311 — spreads the clocks
        self._rung.clear()

    def _feed(self, queue: str, *, is_told: bool = False) -> bool:
        """One claim; True if there may be more that nobody else has to ring for.

        Who does not know that there is a job looks first: a claim keeps other writers waiting.
        """
        room = self._hands.room_for(self._hands.company(), within_s=GATHERS_S)
        if room.jobs == 0 or room.is_closed or self._waits_for not in (None, queue):
            return False
        if queue != self._has_more and not is_told:
            with reading() as session:
                if not line.is_due(session, queue):
                    self._waits_for = None
                    return False
        self._pace.wait()
        with transaction() as session:
            chosen = self._choose(session, queue, room)
            jobs = transitions.claim(
                session,
                chosen,
                owner=self._worker_id,
                device=self._device,
                lease_s=self._lease_s,
            )
            ready = self._prepared(session, jobs)
        if jobs:
            metrics.claimed(queue, len(jobs))
        self._has_more = queue if len(jobs) == room.jobs else None
        self._took_at = time.monotonic() if jobs else self._took_at
        self._was_alone = any(job.solo for job in jobs) or (self._was_alone and not jobs)
        for job in ready:
            self._leases.hold(Lease(job.id, self._worker_id, job.lease_token))
            self._hands.give(job)
        # One tenant's jobs were all there were; of several, each had a share that it may not fill.
        return self._has_more is not None or len({job.tenant for job in jobs}) > 1

    def _choose(self, session: Session, queue: str, room: Room) -> Sequence[Waiting]:
        """What to claim; what does not fit yet keeps its place, and nobody here overtakes it."""
        alone = self._alone(session, queue, room)
        if alone is not None and not room.is_idle:
            # Under a steady load nobody is ever idle: this process takes no more until it is.
            self._waits_for = queue
            return []
        if alone is not None and not self._was_alone:
            self._waits_for = None
            return [alone]
        waiting = line.following(session, queue, known=OPERATIONS, most=room.jobs)
        fitting = waiting[: _that_fit(waiting, room)]
        self._waits_for = queue if waiting and not fitting else None
        # After one that was alone it is the others' turn, if there are any.
        return [alone] if alone is not None and not fitting else fitting

    def _alone(self, session: Session, queue: str, room: Room) -> Waiting | None:
        """A job that must be alone; a busy process asks only now and then."""
        now = time.monotonic()
        is_recent = now < self._looked_for_alone_at + ALONE_EVERY_S
        if is_recent and not room.is_idle and self._waits_for is None:
            return None
        self._looked_for_alone_at = now
        waited_s = 0.0 if room.is_idle else self._patience_s
        return line.alone(session, queue, known=OPERATIONS, waited_s=waited_s)

    def _prepared(self, session: Session, jobs: Sequence[Job]) -> list[Job]:
        """Fix the versions at the first claim; a request that cannot run fails here."""
        ready: list[Job] = []
        fixed: dict[str, dict[str, str]] = {}
        for job in jobs:
            try:
                if job.versions is None:
                    fixed[job.id] = self._serving.versions(session, job)
                    set_committed_value(job, "versions", fixed[job.id])  # written for all below
            except (ValidationError, versions.VersionNotFound) as error:
                judgement = judge(error)
                lease = Lease(job.id, self._worker_id, job.lease_token)
                transitions.fail(session, lease, code=judgement.code, detail=judgement.detail)
                metrics.ended_unseen(job.op, "failed")
            else:
                ready.append(job)
        transitions.fix_versions(session, fixed)
        return ready

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


def _that_fit(waiting: Sequence[Waiting], room: Room) -> int:
    """How many from the head of the line; a picture larger than all the room goes in alone."""
    left = room.pixels
    for count, one in enumerate(waiting):
        left -= one.pixels
        if left < 0:
            return 1 if room.is_idle and count == 0 else count
    return len(waiting)
