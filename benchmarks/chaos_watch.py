"""The onlooker: when leases run out, who works, what is open, and when the database was away."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from benchmarks.chaos_load import TENANT
from db.engine import reading, transaction
from db.tables.jobs import NOT_SUCCEEDED, QUEUED, RUNNING, Job
from db.tables.workers import Worker

LOOK_EVERY_S: Final = 0.2
# A transaction that waits longer found no database; a busy one answers sooner.
AWAY_AFTER_S: Final = 0.5

Window = tuple[datetime, datetime]


@dataclass(slots=True)
class Watch:
    """What two threads see while everything breaks.

    Attributes:
        expiries: when the lease of each job and token ran out, or will unless it is renewed.
        held: how many running jobs each worker process holds, by its pid.
        ready: the pids of workers that say so.
        owners: the pid behind each worker's id.
        open: jobs that have not ended.
        away: when no transaction came through, from the first that failed to the next success.
    """

    expiries: dict[tuple[str, int], datetime] = field(default_factory=dict)
    held: Counter[int] = field(default_factory=Counter)
    ready: frozenset[int] = frozenset()
    owners: dict[str, int] = field(default_factory=dict)
    open: int = 0
    away: list[Window] = field(default_factory=list)
    _waiting_since: float | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        for look in (self._look, self._probe):
            thread = threading.Thread(target=self._again, args=(look,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=15)

    def is_away(self) -> bool:
        """Whether a transaction has been waiting for too long just now."""
        since = self._waiting_since
        return since is not None and time.monotonic() - since > AWAY_AFTER_S

    def away_s(self, since: datetime, until: datetime) -> float:
        """For how much of this time the database was away."""
        overlaps = ((min(until, end) - max(since, begin)) for begin, end in self.away)
        return sum(max(0.0, overlap.total_seconds()) for overlap in overlaps)

    def _again(self, look: Callable[[], None]) -> None:
        while not self._stop.wait(LOOK_EVERY_S):
            look()

    def _look(self) -> None:
        try:
            with reading() as session:
                running = session.execute(_RUNNING).all()
                workers = session.execute(select(Worker.id, Worker.pid, Worker.state)).all()
                self.open = session.scalar(_OPEN) or 0
        except SQLAlchemyError:
            return  # away; the probe measures for how long
        self.owners = {worker_id: pid for worker_id, pid, _ in workers}
        self.ready = frozenset(pid for _, pid, state in workers if state == "ready")
        self.held = Counter(self.owners.get(owner or "", 0) for _, _, owner, _ in running)
        self.expiries |= {(job_id, token): at for job_id, token, _, at in running if at}

    def _probe(self) -> None:
        since = datetime.now(UTC)
        self._waiting_since = time.monotonic()
        while not self._stop.is_set():
            try:
                with transaction() as session:
                    session.execute(_NOTHING)
                break
            except SQLAlchemyError:
                self._stop.wait(0.05)
        if self.is_away():
            self.away.append((since, datetime.now(UTC)))
        self._waiting_since = None


# In words that a database knows from its partial indexes.
_RUNNING: Any = select(Job.id, Job.lease_token, Job.lease_owner, Job.lease_expires_at).where(
    text("state = 'running'")
)
_OPEN: Any = select(func.count()).where(
    *(Job.tenant == TENANT, text(NOT_SUCCEEDED), Job.state.in_((QUEUED, RUNNING)))
)
_NOTHING: Any = select(1)
