"""Renew what I hold, bring back what was cancelled or lost, and beat."""

import threading
import time
from collections.abc import Callable
from typing import Any

import structlog

from db import fleet, transitions
from db.engine import reading, transaction
from db.fence import Lease
from workers.failures import Cancelled, LeaseLost, Permanent

LOOK_EVERY_S = 1.0

_log = structlog.get_logger(__name__)


class Leases:
    """The jobs this process holds."""

    def __init__(
        self,
        worker_id: str,
        *,
        lease_s: float,
        state: Callable[[], str],
        numbers: Callable[[], dict[str, Any] | None] = lambda: None,
        on_drain_asked: Callable[[], None] = lambda: None,
    ) -> None:
        self._worker_id = worker_id
        self._lease_s = lease_s
        self._state = state
        self._numbers = numbers
        self._on_drain_asked = on_drain_asked
        # By lease, not by job: a job that was swept may come back to this very process.
        self._held: set[Lease] = set()
        self._cancelled: frozenset[str] = frozenset()
        self._late: frozenset[str] = frozenset()
        self._lost: set[Lease] = set()
        self._guard = threading.Lock()
        self._stop = threading.Event()
        self.draining = threading.Event()
        self._thread = threading.Thread(target=self._run, name="leases", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def hold(self, lease: Lease) -> None:
        with self._guard:
            self._held.add(lease)

    def let_go(self, lease: Lease) -> None:
        with self._guard:
            self._held.discard(lease)
            self._lost.discard(lease)

    def held(self) -> list[Lease]:
        with self._guard:
            return list(self._held)

    def check(self, lease: Lease) -> None:
        """Between two steps of a job: may it go on?

        Raises:
            Cancelled: somebody asked for it.
            LeaseLost: it is another worker's now.
            Permanent: `deadline`, nobody waits for it any more.
        """
        with self._guard:
            if lease in self._lost:
                raise LeaseLost(lease.job_id)
            if lease.job_id in self._cancelled:
                raise Cancelled(lease.job_id)
            if lease.job_id in self._late:
                raise Permanent("deadline", "the deadline passed before the job ended")

    def _run(self) -> None:
        renew_at = time.monotonic()
        while not self._stop.wait(LOOK_EVERY_S):
            try:
                self._look_for_stops()
                if time.monotonic() >= renew_at:
                    self._renew()
                    renew_at = time.monotonic() + self._lease_s / 3
            except Exception as error:  # noqa: BLE001 — this thread may not die before its process
                _log.warning("leases were not renewed", error=str(error))

    def _look_for_stops(self) -> None:
        with reading() as session:
            is_to_drain = fleet.is_to_drain(session, self._worker_id)
            stops = transitions.stops(session, self.held())
        with self._guard:
            self._cancelled, self._late = stops.cancelled, stops.late
        if is_to_drain:
            self._on_drain_asked()

    def _renew(self) -> None:
        held = self.held()
        with transaction() as session:
            fleet.beat(
                session,
                self._worker_id,
                state=self._state(),
                in_flight=len(held),
                numbers=self._numbers(),
            )
            renewed = transitions.renew(session, self._worker_id, held, lease_s=self._lease_s)
        for lease in set(held) - renewed:
            self._look_at(lease)

    def _look_at(self, lease: Lease) -> None:
        """A lease that was not renewed may just have been finished: read before calling it lost."""
        with reading() as session:
            is_mine = transitions.is_held(session, lease)
        if not is_mine:
            with self._guard:
                if lease in self._held:
                    self._lost.add(lease)
