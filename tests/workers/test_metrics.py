"""The numbers of a worker: what a job moves, and the port where they are read."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from prometheus_client import REGISTRY

from db.operations.union import OPERATIONS
from tests import benches, rows
from tests.workers import test_perform
from tests.workers.started import is_in, until, worker
from workers import metrics, scraped, sweeper
from workers.batcher_numbers import Numbers
from workers.perform import perform
from workers.scraped import Now, Scraped
from workers.settings import WorkerSettings


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@contextmanager
def moves(name: str, by: float, **labels: str) -> Iterator[None]:
    before = value(name, **labels)
    yield
    assert value(name, **labels) - before == by, (name, labels)


@pytest.fixture
def first_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return min(int(probe.getsockname()[1]), 65_000)


def test_a_job_that_ended_is_in_the_numbers_with_all_its_phases(home: Path) -> None:
    picture = test_perform._keep(test_perform._shoe())
    job = test_perform._order("score", picture, picture)
    finished = {"op": "score", "outcome": "succeeded"}

    with (
        benches.set_up(max_batch=4) as bench,
        moves("packshot_jobs_finished_total", 1, **finished),
        moves("packshot_job_seconds_count", 1, op="score"),
        moves("packshot_phase_seconds_count", 1, phase="queue"),
        moves("packshot_phase_seconds_count", 1, phase="decode"),
        moves("packshot_phase_seconds_count", 1, phase="commit"),
    ):
        perform(job, bench)


def test_a_job_that_was_lost_meanwhile_is_no_end(home: Path) -> None:
    picture = test_perform._keep(test_perform._shoe())
    job = test_perform._order("score", picture, picture)
    rows.change(job.id, lease_token=job.lease_token + 1)

    with (
        benches.set_up(max_batch=4) as bench,
        moves("packshot_jobs_finished_total", 0, op="score", outcome="succeeded"),
        moves("packshot_jobs_put_back_total", 1, why="lost"),
    ):
        perform(job, bench)


def test_what_is_swept_is_counted_by_what_becomes_of_it(home: Path) -> None:
    rows.lease_ran_out(rows.running().job_id)

    with moves("packshot_leases_reclaimed_total", 1, state="queued"):
        sweeper.sweep()


def test_no_series_is_named_by_whose_job_it_was() -> None:
    labels = {
        name
        for family in REGISTRY.collect()
        for sample in family.samples
        if sample.name.startswith("packshot_")
        for name in sample.labels
    }

    assert labels <= {
        *("op", "outcome", "why", "phase", "queue", "state", "le", "kind"),
        *("method", "route", "status"),
    }
    assert len(OPERATIONS) < 100


def test_workers_of_one_host_take_one_port_after_the_other(first_port: int) -> None:
    given = WorkerSettings(metrics_port=first_port)
    numbers = Numbers(calls=3, busy_s=1.5)

    one = scraped.opened(given, lambda: Now(4, 1, numbers, (("total", 80),)))
    two = scraped.opened(given, lambda: Now(4, 1))
    assert isinstance(one, Scraped)
    assert isinstance(two, Scraped)
    two.close()
    text = httpx2.get(f"http://127.0.0.1:{one.port}/metrics").text
    one.close()

    assert one.port != two.port
    assert "\npackshot_hands_busy 1.0\n" in text
    assert "\npackshot_device_busy_seconds_total 1.5\n" in text
    assert '\npackshot_device_memory_bytes{kind="total"} 80.0\n' in text
    assert not [one for one in REGISTRY.collect() if one.name == "packshot_hands"]


def test_without_a_port_nothing_listens() -> None:
    assert scraped.opened(WorkerSettings(), lambda: Now(1, 0)) is None


def test_a_worker_whose_address_is_not_here_works_without_telling(first_port: int) -> None:
    elsewhere = WorkerSettings(metrics_port=first_port, metrics_host="203.0.113.1")

    assert scraped.opened(elsewhere, lambda: Now(1, 0)) is None
    assert not [one for one in REGISTRY.collect() if one.name == "packshot_hands"]


def test_a_batch_moves_its_two_histograms() -> None:
    with moves("packshot_batch_images_sum", 8), moves("packshot_batch_seconds_count", 1):
        metrics.batch(8, 0.02)


def test_a_real_worker_tells_its_numbers(home: Path, first_port: int) -> None:
    with worker(home, queue="hooks", WORKER_METRICS_PORT=str(first_port)) as started:
        until(lambda: is_in(started, "ready"), started)
        until(lambda: "numbers are told" in started.said(), started)
        port = started.said().partition("port=")[2].split()[0]
        text = httpx2.get(f"http://127.0.0.1:{port}/metrics").text

    assert "\npackshot_hands 32.0\n" in text
    assert "# TYPE packshot_deliveries_total counter" in text
    assert "process_resident_memory_bytes" in text
