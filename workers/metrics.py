"""The numbers of one worker that we watch, as Prometheus reads them. Nothing here knows torch.

No label is a tenant, a job or a version: the number of series is bounded by the operations.
"""

from collections.abc import Mapping
from typing import Final

from prometheus_client import Counter, Histogram, disable_created_metrics

disable_created_metrics()

_ENDS: Final = frozenset({"succeeded", "failed", "cancelled", "dead"})
_SECONDS: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300)
_LONG_S: Final = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1_000, 10_000)

_finished = Counter("packshot_jobs_finished", "Jobs that this worker ended.", ["op", "outcome"])
_put_back = Counter(
    "packshot_jobs_put_back", "Attempts after which a job waits again, or is another's.", ["why"]
)
_job_seconds = Histogram(
    "packshot_job_seconds", "A job in hand, from its claim to its end.", ["op"], buckets=_LONG_S
)
_phase_seconds = Histogram(
    "packshot_phase_seconds", "What each phase of a job took.", ["phase"], buckets=_SECONDS
)
_claims = Counter("packshot_claims", "Claims that took a job.", ["queue"])
_claimed = Counter("packshot_jobs_claimed", "Jobs that were claimed.", ["queue"])
_reclaimed = Counter(
    "packshot_leases_reclaimed", "Leases that ran out and were swept, by what became.", ["state"]
)
_heard = Counter("packshot_wakeups_heard", "Wake-ups that the broker brought.")
_batch_images = Histogram(
    "packshot_batch_images", "Images in a batch.", buckets=(1, 2, 4, 8, 16, 32, 64, 128)
)
_batch_seconds = Histogram("packshot_batch_seconds", "A batch on the device.", buckets=_SECONDS)
_deliveries = Counter("packshot_deliveries", "Webhooks that were tried, by what came.", ["outcome"])
_delivery_seconds = Histogram(
    "packshot_delivery_seconds", "A webhook's exchange.", buckets=_SECONDS
)


def ended(op: str, how: str, seconds: float) -> None:
    """A hand has put a job down: with an end, or for another attempt."""
    if how in _ENDS:
        _finished.labels(op, how).inc()
        _job_seconds.labels(op).observe(seconds)
    else:
        _put_back.labels(how).inc()


def ended_unseen(op: str, how: str) -> None:
    """A job ended that was in nobody's hand: its deadline passed, or its order cannot be read."""
    _finished.labels(op, how).inc()


def phased(ms: Mapping[str, float]) -> None:
    """What the phases of one job took, in milliseconds."""
    for phase, took_ms in ms.items():
        _phase_seconds.labels(phase).observe(took_ms / 1000)


def claimed(queue: str, jobs: int) -> None:
    _claims.labels(queue).inc()
    _claimed.labels(queue).inc(jobs)


def swept(op: str, state: str) -> None:
    """A lease that ran out; its job waits again, or has come to its end."""
    _reclaimed.labels(state).inc()
    if state in _ENDS:
        ended_unseen(op, state)


def heard() -> None:
    _heard.inc()


def batch(images: int, seconds: float) -> None:
    _batch_images.observe(images)
    _batch_seconds.observe(seconds)


def delivery(outcome: str, seconds: float) -> None:
    _deliveries.labels(outcome).inc()
    _delivery_seconds.observe(seconds)
