"""Real workers in processes of their own, whose jobs do what a test needs done.

They are forked from a process that has loaded what all of them load, torch above all: a start takes
a second of a core instead of four.
"""

import atexit
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from multiprocessing.context import ForkServerContext
from multiprocessing.forkserver import ensure_running
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

from sqlalchemy import select

from db.engine import reading
from db.tables.workers import Worker
from workers.settings import CALM

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
_LOADED: Final = (
    *("alembic", "celery.apps.worker", "celery.bin.celery", "cv2", "kombu.transport.redis"),
    *("torch", "db.jobs", "models.editing.translate", "models.labels", "models.training.watch"),
)
"""What reads no setting while it is loaded."""

_SMALL: Final = {"OMP_NUM_THREADS": "1", **CALM}
"""Read when torch is loaded, thus by who has loaded it for all."""


class Forked:
    """A process, as `subprocess.Popen` would give it."""

    def __init__(self, process: BaseProcess) -> None:
        self._process = process
        assert process.pid is not None
        self.pid = process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired("worker", timeout or 0.0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@dataclass
class Started:
    """A worker that runs, and what it has said."""

    process: "Forked | subprocess.Popen[bytes]"
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
    log.touch()
    small = {"WORKER_DEVICE": "cpu", "WORKER_POLL_S": "0.1"}
    arguments = ["-Q", queue, "-n", "tested@%h"]
    one = _nursery().Process(
        target=_celery, args=(program, arguments, {**os.environ, **_SMALL, **small, **env}, log)
    )
    one.start()
    process = Forked(one)
    try:
        yield Started(process, log)
    finally:
        process.kill()
        process.wait()


@cache
def _nursery() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_LOADED))
    before = {name: os.environ.get(name) for name in _SMALL}
    os.environ.update(_SMALL)
    try:
        ensure_running()
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    return context


def _celery(program: str, arguments: list[str], env: dict[str, str], log: Path) -> None:
    """The same as on the command line, after whatever else a program does."""
    os.environ.clear()
    os.environ.update(env)
    os.chdir(ROOT)
    with log.open("wb") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    exec(program, {})  # noqa: S102 — of the test itself
    asked = ["--quiet", "-A", "workers", "worker", *arguments, "--loglevel", "info"]
    sys.argv = ["celery", *asked]
    try:
        runpy.run_module("celery", run_name="__main__")
    finally:
        atexit._run_exitfuncs()  # which a process of multiprocessing leaves out


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
