"""Real workers in processes of their own, whose jobs do what a test needs done."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from db.engine import reading
from db.tables.workers import Worker

ROOT = Path(__file__).parents[2]

# A job of this program sleeps for a tenth of its seed in seconds, and has succeeded.
SLEEPS = """
import time
from workers import perform

def make(job, lease, bench):
    time.sleep(job.seed / 10)
    bench.committer.succeed(lease, [], None)

perform._make = make
"""
# The same as on the command line, after whatever else a program does.
CELERY = """
import sys
from celery.__main__ import main

sys.argv = ["celery", "--quiet", "-A", "workers", "worker", *sys.argv[1:], "--loglevel", "info"]
main()
"""


@dataclass
class Started:
    """A worker that runs, and what it has said."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def ended(self, *, within_s: float) -> tuple[int, float]:
        """Its exit code, and how long it took from now."""
        since = time.monotonic()
        try:
            code = self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"not ended within {within_s} s\n{self.said()}") from None
        return code, time.monotonic() - since


@contextmanager
def worker(home: Path, *, program: str = "", queue: str = "gpu", **env: str) -> Iterator[Started]:
    """A Celery worker over `home` and the tests' database, after `program` was run in it."""
    log = home / f"worker-{len(list(home.glob('worker-*.log')))}.log"
    small = {"OMP_NUM_THREADS": "1", "WORKER_DEVICE": "cpu", "WORKER_POLL_S": "0.1"}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", program + CELERY, "-Q", queue, "-n", "tested@%h"],
            cwd=ROOT,
            env={**os.environ, **small, **env},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Started(process, log)
    finally:
        process.kill()
        process.wait()


def row(started: Started) -> Worker | None:
    """What the table says of it; none before it has joined."""
    with reading() as session:
        return session.scalar(select(Worker).where(Worker.pid == started.process.pid))


def until(true: Callable[[], object], started: Started, *, within_s: float = 60.0) -> None:
    give_up = time.monotonic() + within_s
    while not true():
        assert started.process.poll() is None, f"it ended early\n{started.said()}"
        assert time.monotonic() < give_up, f"not within {within_s} s\n{started.said()}"
        time.sleep(0.02)


def is_in(started: Started, state: str) -> bool:
    found = row(started)
    return found is not None and found.state == state
