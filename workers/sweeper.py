"""What was lost is found again: expired leases, passed deadlines, workers gone silent."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog
from sqlalchemy.orm import Session

from db import batches, fleet, outbox, transitions
from db.engine import transaction
from db.tables.batches import Batch
from workers import housekeeping, metrics, queues, settings
from workers.leader import Leader
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


class Sweeper(Leader):
    """Sweeps where it leads."""

    def __init__(self, worker_id: str) -> None:
        super().__init__("sweeper", worker_id, every_s=EVERY_S, leads_for_s=LEADS_FOR_S)
        self._looked_at = time.monotonic()
        self._acts_from = 0.0
        self._tidies_from = time.monotonic() + TIDY_EVERY_S

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


def sweep() -> set[str]:
    """One sweep; returns the queues that got work back.

    Each step by itself: what cannot be written of one job keeps nobody else from being found.
    """
    swept = _done(transitions.sweep)
    expired = _done(transitions.expire)
    finished = _done(_closed)
    _done(_marked)
    for job in swept:
        metrics.swept(job.op, job.state)
        _log.warning(
            "a lost job was found", job_id=job.id, state=job.state, crashes=job.crash_count
        )
    for job in expired:
        metrics.ended_unseen(job.op, job.state)
        _log.info("a deadline passed", job_id=job.id)
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
