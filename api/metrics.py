"""The numbers of the API and of the table, as Prometheus reads them.

No label is a tenant, a job or a path: routes are told as the API's description writes them.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import structlog
from prometheus_client import REGISTRY, Counter, Histogram, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from db import fleet, queues, score_watch
from db.engine import reading

REMEMBERED_S: Final = 2.0
"""Whoever asks more often gets the same numbers of the table again."""
_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_SECONDS: Final = (0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)
_log = structlog.get_logger(__name__)

disable_created_metrics()
_requests = Counter(
    "packshot_http_requests", "Requests that were answered.", ["method", "route", "status"]
)
_request_seconds = Histogram(
    "packshot_http_request_seconds",
    "From a request to the beginning of its answer.",
    ["method", "route"],
    buckets=_SECONDS,
)

_shop_events = Counter(
    "packshot_shop_events", "Impressions, clicks and orders that were told.", ["outcome"]
)


def shop_events_told(*, counted: int, repeated: int, refused: int) -> None:
    """What became of the lines of one call."""
    for outcome, number in (("counted", counted), ("repeated", repeated), ("refused", refused)):
        _shop_events.labels(outcome).inc(number)


def answered(method: str, route: str, status: int, seconds: float) -> None:
    """A request has its answer; a method that nobody knows is one among many."""
    known = method if method in _METHODS else "other"
    _requests.labels(known, route, str(status)).inc()
    _request_seconds.labels(known, route).observe(seconds)


@dataclass(frozen=True, slots=True)
class _Seen:
    """The table at one look: each queue, how many workers are in which state, what has drifted."""

    depths: list[queues.Depth]
    workers: dict[tuple[str, str], int]
    drifted: int


class _OfTheTable(Collector):
    """Read when somebody asks; whichever API process is asked, they are the same."""

    def __init__(self) -> None:
        self._seen: _Seen | None = None
        self._good_until = 0.0

    def describe(self) -> list[Metric]:
        """Nothing is read at the import of this file."""
        return []

    def collect(self) -> Iterator[Metric]:
        seen = self._look()
        up = "Whether the database answers this process."
        yield GaugeMetricFamily("packshot_database_up", up, value=float(seen is not None))
        if seen is not None:
            yield from _of_queues(seen.depths)
            yield _of_workers(seen)
            drifted = "Serving versions whose scores have become others."
            yield GaugeMetricFamily("packshot_versions_drifted", drifted, value=seen.drifted)

    def _look(self) -> _Seen | None:
        if time.monotonic() >= self._good_until:
            try:
                self._seen = _read()
            except SQLAlchemyError as error:
                _log.warning("the table could not be counted", error=str(error))
                self._seen = None
            self._good_until = time.monotonic() + REMEMBERED_S
        return self._seen


def _read() -> _Seen:
    with reading() as session:
        depths, present = queues.depths(session), fleet.present(session)
        drifted = score_watch.drifted(session)
    states = [(queue, one.state) for one in present for queue in one.queues]
    return _Seen(depths, {key: states.count(key) for key in sorted(set(states))}, drifted)


def _of_queues(depths: list[queues.Depth]) -> Iterator[Metric]:
    jobs = GaugeMetricFamily("packshot_jobs", "Open jobs by state.", labels=["queue", "state"])
    oldest = GaugeMetricFamily(
        "packshot_oldest_due_seconds", "How long the first due job waits.", labels=["queue"]
    )
    paused = GaugeMetricFamily(
        "packshot_queue_paused", "1 while nothing is taken from it.", labels=["queue"]
    )
    for depth in depths:
        jobs.add_metric([depth.name, "due"], depth.due)
        jobs.add_metric([depth.name, "later"], depth.queued - depth.due)
        jobs.add_metric([depth.name, "running"], depth.running)
        oldest.add_metric([depth.name], depth.oldest_due_s or 0.0)
        paused.add_metric([depth.name], float(depth.paused_at is not None))
    yield from (jobs, oldest, paused)


def _of_workers(seen: _Seen) -> Metric:
    workers = GaugeMetricFamily(
        "packshot_workers", "Workers that are there, by queue and state.", labels=["queue", "state"]
    )
    for queue in (*queues.NAMES, "hooks"):
        for state in fleet.PRESENT:
            workers.add_metric([queue, state], seen.workers.get((queue, state), 0))
    return workers


of_the_table: Final = _OfTheTable()
REGISTRY.register(of_the_table)
