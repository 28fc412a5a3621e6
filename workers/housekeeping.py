"""What has had its time leaves the archive, a little at each round."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import structlog
from sqlalchemy.orm import Session

from db import blobs, collector, persons, retention, score_watch, settings, usage
from db.engine import long_transaction, reading
from workers import queues

# The sweeper waits for it: a full step is done again only while the round is young.
ROUND_S: Final = 1.0

_log = structlog.get_logger(__name__)


def tidy() -> None:
    """One round, each step in short transactions of its own; one that fails stops no other."""
    ends = time.monotonic() + ROUND_S
    for name, step, most in _steps():
        try:
            count = step()
            while count >= most > 0 and time.monotonic() < ends:
                count = step()
        except Exception as error:  # noqa: BLE001 — a store that is away must not keep rows here
            _log.warning("a step of the housekeeping failed", step=name, error=str(error))


def _steps() -> Iterator[tuple[str, Callable[[], int], int]]:
    """By name, with how many one step does when it has not come to the end."""
    keep = settings.get()
    yield "scores", _watch_scores, 0
    # First, so that a day is counted before its jobs go.
    yield "usage", _count_a_day, 1
    if keep.keep_jobs_days:
        days = keep.keep_jobs_days
        jobs = partial(retention.prune_jobs, days=days, most=retention.MOST)
        batches = partial(retention.prune_batches, days=days)
        yield "jobs", _committed(jobs), retention.MOST
        yield "batches", _committed(batches), retention.MOST_BATCHES
    if keep.keep_persons_days:
        gone = partial(persons.prune, days=keep.keep_persons_days)
        yield "persons", _committed(gone), persons.MOST
    deliveries = partial(retention.prune_deliveries, days=keep.keep_deliveries_days)
    yield "deliveries", _committed(deliveries), retention.MOST
    event_ids = partial(retention.prune_event_ids, days=keep.keep_event_ids_days)
    yield "event ids", _committed(event_ids), retention.MOST_EVENT_IDS
    if keep.keep_audit_days:
        audit = partial(retention.prune_audit, days=keep.keep_audit_days, most=retention.MOST)
        yield "audit", _committed(audit), retention.MOST
    if keep.keep_tastes_days:
        tastes = partial(retention.prune_tastes, days=keep.keep_tastes_days, most=retention.MOST)
        yield "tastes", _committed(tastes), retention.MOST
    yield "workers", _committed(retention.prune_workers), retention.MOST
    yield "keys", _committed(retention.prune_keys), retention.MOST
    yield "blobs", collector.collect, collector.MOST
    yield "store", _tidy_store, 0


def _committed(prune: Callable[[Session], int]) -> Callable[[], int]:
    def step() -> int:
        with long_transaction() as session:
            return prune(session)

    return step


def _watch_scores() -> int:
    with long_transaction() as session:
        count = score_watch.look_everywhere(session)
    if count:
        _log.warning("scores of what serves have become others", versions=count)
        queues.ring("hooks")
    return count


def _count_a_day() -> int:
    with reading() as session:  # it takes a while, and others want to write meanwhile
        counted = usage.uncounted(session)
    if counted is None:
        return 0
    with long_transaction() as session:
        return int(usage.keep(session, counted))


def _tidy_store() -> int:
    blobs.store().tidy()
    return 0
