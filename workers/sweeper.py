"""What was lost is found again: expired leases, passed deadlines, workers gone silent."""

import threading

import structlog

from db import fleet, transitions
from db.engine import transaction
from workers import queues, settings

EVERY_S = 2.0
LEADS_FOR_S = 6.0
# Three beats of a worker with the default lease; longer leases beat more slowly.
LOST_AFTER_S = 60.0

_log = structlog.get_logger(__name__)


class Sweeper:
    """Hosted by every worker; the one that holds the leader's row acts."""

    def __init__(self, worker_id: str) -> None:
        self._worker_id = worker_id
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(EVERY_S):
            try:
                self._sweep_if_leading()
            except Exception as error:  # noqa: BLE001 — this thread may not die before its process
                _log.warning("a sweep did not come through", error=str(error))

    def _sweep_if_leading(self) -> None:
        with transaction() as session:
            if not fleet.lead(session, "sweeper", self._worker_id, seconds=LEADS_FOR_S):
                return
        for queue in sweep():
            queues.ring(queue)


def sweep() -> set[str]:
    """One sweep; returns the queues that got work back."""
    with transaction() as session:
        swept = transitions.sweep(session)
        expired = transitions.expire(session)
        fleet.mark_lost(session, silent_s=max(LOST_AFTER_S, settings.get().lease_s))
    for job in swept:
        _log.warning("a lost job was found", job=job.id, state=job.state, crashes=job.crash_count)
    for job in expired:
        _log.info("a deadline passed", job=job.id)
    return {job.queue for job in swept if job.state == "queued"}
