"""Everything on one machine, in one terminal: embedded Valkey, SQLite, the API and workers."""

import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Final

from api import alone, broker, children, key_file, settings, tracebacks
from api.alone import Refused
from api.children import Child
from api.client import ApiError, Client, Unreachable
from api.initial import in_words, initialise
from api.lines import Lines
from db import settings as db_settings
from workers import settings as worker_settings

WORKERS: Final = {"gpu": 1, "train": 1, "cpu": 1, "hooks": 1}
ANSWERED_WITHIN_S = 3
"""Requests that are being answered when the API is told to end."""
KILLED_AFTER_DRAIN_S = 4.0
"""A worker ends by itself a second after its time to drain; one that does not is killed."""
_BROKER_WITHIN_S = 10.0
_HINT_EVERY_S = 20.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to run: the API's address, and how many workers each queue gets."""

    host: str
    port: int
    workers: Mapping[str, int]


class Machine:
    """The programs of one machine, started in order and stopped in the opposite one."""

    def __init__(self, plan: Plan, lines: Lines) -> None:
        self._lines = lines
        self._stopping = threading.Event()
        self._host = plan.host
        self._port = alone.port(plan.host, plan.port)
        self._counts = plan.workers
        self._broker: list[Child] = []
        self._api: list[Child] = []
        self._workers: list[Child] = []

    @property
    def url(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    def run(self) -> None:
        """Everything, until Ctrl-C or SIGTERM.

        Raises:
            Refused: it cannot start here.
        """
        with alone.in_folder(db_settings.get().home.resolve(), self.url):
            before = {number: signal.signal(number, self._end) for number in _ENDING}
            try:
                self._start()
                self._tend()
            finally:
                self._stop()
                for number, handler in before.items():
                    signal.signal(number, handler)

    def _start(self) -> None:
        if broker.embedded():
            again = " with the same data"
            self._broker = [Child("valkey", broker.command(), self._env(), again, broker.shown)]
            self._broker[0].start(self._lines)
            self._wait_for_broker()
        rows = initialise(self._lines, self._stopping)
        if self._stopping.is_set():
            return
        self._lines.say("init", in_words(rows))
        self._api = [Child("api", api_command(self._host, self._port), self._env())]
        self._workers = [
            Child(name, worker_command(name, queue), self._env(), shown=tracebacks.shown)
            for queue, count in self._counts.items()
            for name in names(queue, count)
        ]
        for child in (*self._api, *self._workers):
            child.start(self._lines)
        threading.Thread(target=self._announce, name="ready", daemon=True).start()

    def _tend(self) -> None:
        while not self._stopping.wait(0.1):
            for child in (*self._broker, *self._api, *self._workers):
                child.tend(self._lines)

    def _stop(self) -> None:
        self._stopping.set()
        within_s = worker_settings.get().drain_s + KILLED_AFTER_DRAIN_S
        children.stop(self._workers, self._lines, within_s=within_s)
        for group in (self._api, self._broker):
            children.stop(group, self._lines)
        self._lines.say("packshot", "stopped; nothing is lost, `packshot up` goes on from here")

    def _end(self, number: int, _frame: FrameType | None) -> None:
        if not self._stopping.is_set():
            self._stopping.set()
            if number == signal.SIGINT and sys.stderr.isatty():
                os.write(sys.stderr.fileno(), b"\n")  # behind the terminal's ^C

    def _env(self) -> dict[str, str]:
        ours = {
            "API_HOST": self._host,
            "API_PORT": str(self._port),
            "DB_HOME": str(db_settings.get().home.resolve()),
            "PYTHONUNBUFFERED": "1",
        }
        defaults = {"OMP_NUM_THREADS": str(threads()), "WORKER_ALLOW_PLAIN_BROKER": "true"}
        return {**defaults, **_trust(), **os.environ, **ours}

    def _wait_for_broker(self) -> None:
        give_up = time.monotonic() + _BROKER_WITHIN_S
        while not self._stopping.is_set():
            try:
                return broker.ping()
            except broker.BrokerNotRunning as error:
                if time.monotonic() > give_up or not self._broker[0].running():
                    raise Refused(f"The embedded broker did not start: {error}") from error
            time.sleep(0.05)
        return None

    def _announce(self) -> None:
        """Say once when it is ready, and now and then what it waits for."""
        hint_at = time.monotonic() + _HINT_EVERY_S
        with Client(self.url, key_file.read(), pauses_s=()) as client:
            while not self._stopping.wait(0.3):
                missing = self._missing(client)
                if not missing:
                    where = f"{self.url}/admin, with the key in {key_file.path()}"
                    told = f"ready: {self.url} – in a browser: {where}"
                    self._lines.say("packshot", told, tone="good")
                    return
                if time.monotonic() > hint_at:
                    self._lines.say("packshot", f"waiting for {missing}")
                    hint_at += _HINT_EVERY_S

    def _missing(self, client: Client) -> str:
        try:
            if not client.ready():
                return "the API"
            ready = {w["pid"] for w in client.workers() if w["state"] == "ready"}
        except (ApiError, Unreachable) as error:
            return f"the API ({error})"
        return ", ".join(f"worker {w.name}" for w in self._workers if w.pid not in ready)


def _trust() -> dict[str, str]:
    """Whoever reaches the embedded broker's socket is us: its messages may make jobs."""
    return {"WORKER_SUBMIT_TENANT": settings.get().tenant} if broker.embedded() else {}


def threads() -> int:
    """Threads for each worker's arithmetic: editing and training at once must fit the cores.

    Two workers with a thread for every core wait for each other spinning: ten times slower (m).
    """
    return max(1, (os.cpu_count() or 1) // 2)


def names(queue: str, count: int) -> list[str]:
    return [queue if number == 1 else f"{queue}-{number}" for number in range(1, count + 1)]


def api_command(host: str, port: int) -> list[str]:
    """The command line of the API."""
    options = ["--host", host, "--port", str(port), "--log-level", "warning", "--no-access-log"]
    options += ["--timeout-graceful-shutdown", str(ANSWERED_WITHIN_S)]
    return [sys.executable, "-m", "uvicorn", "--factory", "api.main:build_app", *options]


def worker_command(name: str, queue: str) -> list[str]:
    """The command line of a worker; the same as by hand, with a name of its own."""
    # In a container everybody is root; saying so in six lines per worker hides what matters.
    calm = ["-W", "ignore:You're running the worker with superuser privileges"]
    celery = [sys.executable, *calm, "-m", "celery", "--quiet", "-A", "workers", "worker"]
    return [*celery, "-Q", queue, "-n", f"{name}@%h", "--loglevel", "warning"]


_ENDING: Final = (signal.SIGINT, signal.SIGTERM)
