"""What was lost is found again: expired leases, passed deadlines, workers gone silent."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog
from sqlalchemy.orm import Session

from db import batches, fleet, outbox, transitions
from db.engine import reading, transaction
from db.tables.batches import Batch
from workers import housekeeping, queues, settings
from workers.patience import TRANSIENT

EVERY_S = 1.0
LEADS_FOR_S = 3.0
TIDY_EVERY_S = 60.0
# Three beats of a worker with the default lease; longer leases beat more slowly.
LOST_AFTER_S = 60.0
# Whoever could not renew a lease while the database was away does so within a second of its return.
HOLD_OFF_S = 2.0

Found = TypeVar("Found")
_log = structlog.get_logger(__name__)


class Sweeper:
    """Hosted by every worker; the one that holds the leader's row acts."""

    def __init__(self, worker_id: str) -> None:
        self._worker_id = worker_id
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)
        self._looked_at = time.monotonic()
        self._acts_from = 0.0
        self._tidies_from = time.monotonic() + TIDY_EVERY_S

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(EVERY_S):
            try:
                self._look()
            except Exception as error:  # noqa: BLE001 — this thread may not die before its process
                _log.warning("a sweep did not come through", error=str(error))

    def _look(self) -> None:
        """Lead, and sweep; but not at once after a time in which nobody could renew a lease."""
        is_leading = self._leads()
        now = time.monotonic()
        # Longer than it sleeps: the database was away, or this machine was.
        if now - self._looked_at > EVERY_S + HOLD_OFF_S:
            self._acts_from = now + HOLD_OFF_S
        self._looked_at = now
        if not is_leading or now < self._acts_from:
            return
        for queue in sweep():
            queues.ring(queue)
        if now >= self._tidies_from:
            housekeeping.tidy()
            self._tidies_from = time.monotonic() + TIDY_EVERY_S
            self._looked_at = time.monotonic()

    def _leads(self) -> bool:
        """Read first: of a hundred workers one writes."""
        with reading() as session:
            if fleet.is_led(session, "sweeper", but_not_by=self._worker_id):
                return False
        with transaction() as session:
            return fleet.lead(session, "sweeper", self._worker_id, seconds=LEADS_FOR_S)


def sweep() -> set[str]:
    """One sweep; returns the queues that got work back.

    Each step by itself: what cannot be written of one job keeps nobody else from being found.
    """
    swept = _done(transitions.sweep)
    expired = _done(transitions.expire)
    finished = _done(_closed)
    _done(_marked)
    for job in swept:
        _log.warning("a lost job was found", job=job.id, state=job.state, crashes=job.crash_count)
    for job in expired:
        _log.info("a deadline passed", job=job.id)
    if expired or finished or any(job.state != "queued" for job in swept):
        queues.ring("hooks")
    return {job.queue for job in swept if job.state == "queued"}


def _done(step: Callable[[Session], Sequence[Found]]) -> Sequence[Found]:
    """What a step found; nothing if it failed for a reason of its own."""
    try:
        with transaction() as session:
            return step(session)
    except TRANSIENT:
        raise
    except Exception:  # noqa: BLE001 — the other steps must not wait for what ails this one
        _log.exception("a step of the sweep failed", step=step.__name__)
        return ()


def _closed(session: Session) -> Sequence[Batch]:
    finished = batches.close_finished(session)
    outbox.tell_batches(session, finished)
    return finished


def _marked(session: Session) -> Sequence[None]:
    fleet.mark_lost(session, silent_s=max(LOST_AFTER_S, settings.get().lease_s))
    return ()
