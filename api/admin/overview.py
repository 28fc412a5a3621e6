"""The house at one look: what waits, runs, ended and failed, who works, and what came out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from api.routes import discovery, jobs, queues, results
from api.schemas.discovery import WorkerOut
from api.schemas.jobs import JobsQuery, JobSummary
from api.schemas.queues import QueueOut
from api.schemas.results import ResultOut, ResultsQuery
from db import pulse
from db.engine import reading
from db.pulse import Minute

FEW = 6
MOST_HELD = 99


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look found.

    Attributes:
        minutes: of the tenant's jobs that ended, the last hour.
        busy: by a worker's id, which share of its time its device worked.
        held: results that wait for review, counted up to a hundred.
    """

    queues: Sequence[QueueOut]
    workers: Sequence[WorkerOut]
    minutes: Sequence[Minute]
    failures: Sequence[JobSummary]
    latest: Sequence[ResultOut]
    held: int
    busy: Mapping[str, float]

    @property
    def due(self) -> int:
        return sum(queue.due for queue in self.queues)

    @property
    def later(self) -> int:
        return sum(queue.queued - queue.due for queue in self.queues)

    @property
    def running(self) -> int:
        return sum(queue.running for queue in self.queues)

    @property
    def oldest_s(self) -> float | None:
        return max(
            (q.oldest_due_s for q in self.queues if q.oldest_due_s is not None), default=None
        )

    @property
    def per_minute(self) -> float:
        """Jobs that succeeded, over the last five minutes that are over."""
        return sum(minute.succeeded for minute in self.minutes[-6:-1]) / 5

    @property
    def busy_share(self) -> float | None:
        return sum(self.busy.values()) / len(self.busy) if self.busy else None


@dataclass(slots=True)
class Busy:
    """How busy each worker's device is: since the last look, and at the first since its start."""

    _before: dict[str, tuple[float, float]] = field(default_factory=dict)
    _share: dict[str, float] = field(default_factory=dict)

    def of(self, workers: Sequence[WorkerOut]) -> Mapping[str, float]:
        for worker in workers:
            numbers = worker.numbers or {}
            if "busy_s" not in numbers:
                continue
            busy_s, up_s = numbers["busy_s"], numbers["up_s"]
            before_s, before_up_s = self._before.get(worker.id, (0.0, 0.0))
            if up_s > before_up_s:
                self._share[worker.id] = min(1.0, (busy_s - before_s) / (up_s - before_up_s))
                self._before[worker.id] = busy_s, up_s
        return {worker.id: self._share[worker.id] for worker in workers if worker.id in self._share}


def look(tenant: str, busy: Busy) -> Seen:
    """Queues and workers are the house's; jobs and results the tenant's."""
    workers = discovery.workers().items
    with reading() as session:
        minutes = pulse.of(session, tenant)
    held = results.page(ResultsQuery(visibility="held", limit=MOST_HELD + 1), tenant).items
    return Seen(
        queues=queues.all_queues().items,
        workers=workers,
        minutes=minutes,
        failures=failures(tenant, FEW),
        latest=results.page(ResultsQuery(limit=2 * FEW), tenant).items,
        held=len(held),
        busy=busy.of(workers),
    )


def failures(tenant: str, most: int) -> list[JobSummary]:
    """The newest jobs that failed or died."""
    failed = jobs.page(JobsQuery(state="failed", limit=most), tenant).items
    dead = jobs.page(JobsQuery(state="dead", limit=most), tenant).items
    return sorted([*failed, *dead], key=lambda job: job.created_at, reverse=True)[:most]
