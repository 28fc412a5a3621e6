"""The plain Celery recipe that people copy, with Redis as broker and as result backend.

Not durable: a task is acknowledged before it runs, so that a worker's death loses it, and answers
lie in Redis for a day. Everything is at Celery's own defaults.
"""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks import throughput_stage
from benchmarks.chaos_cast import Actor
from benchmarks.throughput_system import Child, System
from benchmarks.throughput_workloads import Workload

_APP = "benchmarks.peers.celery_app"


@contextmanager
def solo(workload: Workload, folder: Path) -> Iterator[System]:
    """One process, one task at a time; torch has as many threads as it likes."""
    with _running("celery-solo", workload, folder, "--pool", "solo") as system:
        yield system


@contextmanager
def prefork(workload: Workload, folder: Path) -> Iterator[System]:
    """Two processes, each with one thread for torch: two with two each only wait for each other."""
    pool = ("--pool", "prefork", "--concurrency", "2")
    with _running("celery-prefork", workload, folder, *pool, OMP_NUM_THREADS="1") as system:
        yield system


@contextmanager
def _running(
    name: str, workload: Workload, folder: Path, *pool: str, **told: str
) -> Iterator[System]:
    throughput_stage.lay(workload, folder)
    with throughput_stage.valkey(folder) as url, ExitStack() as stack:
        env = throughput_stage.peer_environment(workload, folder, PEER_BROKER=url, **told)
        celery = [sys.executable, "-W", "ignore", "-m", "celery", "--quiet", "-A", _APP, "worker"]
        worker = Actor(name, [*celery, "-l", "warning", *pool], env, folder / "worker.log")
        stack.callback(throughput_stage.end, worker)
        worker.start()
        sender = Child(name, [sys.executable, "-m", _APP], env, folder / "sender.log")
        stack.callback(sender.end)
        sender.wait()
        yield sender
