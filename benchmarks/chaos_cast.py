"""The programs of the chaos: broker, database, API and workers, started again when they end."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from api import broker, key_file, tether
from api.client import Client
from benchmarks import chaos_load, settings
from benchmarks.chaos_postgresql import Postgresql
from db import migrate

WORKERS: Final = 3
HANDS: Final = 4
FULL_DISK_SHARE: Final = 0.02
RESTARTED_AFTER_S: Final = 0.3
ENDS_WITHIN_S: Final = 8.0


@dataclass(slots=True)
class Actor:
    """One program of ours.

    Attributes:
        name: what its log and its orders are named by.
        argv: its command line.
        env: the whole environment it runs in.
        log: where its lines go.
        clock_offset_s: what it takes the database's clock to be ahead by.
    """

    name: str
    argv: list[str]
    env: dict[str, str]
    log: Path
    clock_offset_s: float = 0.0
    pids: set[int] = field(default_factory=set)
    process: "subprocess.Popen[bytes] | None" = None
    _due_at: float = 0.0

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0

    def start(self) -> None:
        """Run it, tethered to this thread."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                tether.command(self.argv),
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
        self.pids.add(self.process.pid)

    def tend(self) -> None:
        """Start it again some time after it ended."""
        if self.process is not None and self.process.poll() is not None:
            self.process = None
            self._due_at = max(self._due_at, time.monotonic() + RESTARTED_AFTER_S)
        if self.process is None and time.monotonic() >= self._due_at:
            self.start()

    def send(self, number: signal.Signals, *, down_s: float = 0.0) -> None:
        """A signal; if it ends the program, that stays down for so long."""
        self.stay_down(down_s)
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def stay_down(self, seconds: float) -> None:
        """Should it end now, it is not started before."""
        self._due_at = time.monotonic() + seconds

    def is_frozen(self) -> bool:
        """Whether a SIGSTOP holds it, whoever sent it."""
        with suppress(OSError):
            status = Path(f"/proc/{self.pid}/stat").read_text()
            return self.pid > 0 and status.rpartition(")")[2].split()[0] == "T"
        return False

    def end(self) -> None:
        """Kill it with all that it started."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@dataclass(slots=True)
class Cast:
    """Everybody, and where they live."""

    home: Path
    port: int
    broker: Actor
    api: Actor
    workers: list[Actor]
    hooks: Actor
    database: Postgresql | None = None
    postmaster: Actor | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self) -> Client:
        """A storefront's, that asks again by itself."""
        return Client(self.url, key_file.read(), timeout_s=15, pauses_s=())

    @property
    def orders(self) -> Path:
        return self.home / "orders"

    def tend(self) -> None:
        """Call often, from the thread that started them: their tether is tied to it."""
        for actor in self.everybody():
            actor.tend()

    def everybody(self) -> list[Actor]:
        before = [self.broker] if self.postmaster is None else [self.postmaster, self.broker]
        return [*before, self.api, *self.workers, self.hooks]

    def working(self) -> set[int]:
        """The pids that a worker of each kind has now."""
        return {worker.pid for worker in (*self.workers, self.hooks)}

    def drain(self) -> None:
        """Let the workers and the API put down what they hold."""
        ending = (self.api, *self.workers, self.hooks)
        for actor in ending:
            actor.send(signal.SIGTERM)
        give_up = time.monotonic() + ENDS_WITHIN_S
        for actor in ending:
            with suppress(subprocess.TimeoutExpired):
                if actor.process is not None:
                    actor.process.wait(max(0.0, give_up - time.monotonic()))

    def clock_offset_s(self, pid: int) -> float:
        """How far ahead the clock of a worker process is or was."""
        return sum(worker.clock_offset_s for worker in self.workers if pid in worker.pids)

    def lines(self, sentence: str) -> int:
        """How often the workers wrote a sentence."""
        needle = sentence.encode()
        return sum(worker.log.read_bytes().count(needle) for worker in self.workers)


@contextmanager
def staged(home: Path, database: str, lease_s: float, *, dwell_s: float) -> Iterator[Cast]:
    """Everybody started in an empty folder for the block; none of them outlives it."""
    with ExitStack() as stack:
        postgresql = Postgresql(home / "postgresql") if database == "postgresql" else None
        env = _environment(home, postgresql, lease_s, dwell_s)
        postmaster = None
        if postgresql is not None:
            postmaster = Actor("postgresql", postgresql.command(), env, home / "postgresql.log")
            stack.callback(postmaster.end)
            postmaster.start()
            postgresql.wait()
        migrate.upgrade()
        key_file.ensure(chaos_load.TENANT)
        cast = _cast(home, env, lease_s, postgresql, postmaster)
        for actor in (cast.broker, cast.api, *cast.workers, cast.hooks):
            stack.callback(actor.end)
            actor.start()
        yield cast


def _cast(
    home: Path,
    env: dict[str, str],
    lease_s: float,
    database: Postgresql | None,
    postmaster: Actor | None,
) -> Cast:
    port = free_port()
    # One worker's clock is wrong, by less than what is left of a lease when it is renewed.
    offsets = (0.0, lease_s / 4, 0.0)
    return Cast(
        home=home,
        port=port,
        broker=Actor("broker", broker.command(), env, home / "broker.log"),
        api=_api(home, env, port),
        workers=[
            _worker(f"worker-{number}", home, env, clock_offset_s=offset)
            for number, offset in enumerate(offsets, 1)
        ],
        hooks=Actor("hooks", _celery("workers", "hooks", "hooks"), env, home / "hooks.log"),
        database=database,
        postmaster=postmaster,
    )


def _environment(
    home: Path, postgresql: Postgresql | None, lease_s: float, dwell_s: float
) -> dict[str, str]:
    """What all programs are told, and this process too: it reads rows and bytes as they do."""
    (home / "orders" / "once").mkdir(parents=True)
    ours = {
        "DB_HOME": str(home),
        "DB_URL": postgresql.url if postgresql else "",
        "DB_SECRET_KEY": "of no use to anybody after the chaos",
        "DB_WEBHOOK_ALLOW": "127.0.0.1",
        "WORKER_LEASE_S": str(lease_s),
        "WORKER_HANDS": str(HANDS),
        "WORKER_DEVICE": "cpu",
        "WORKER_SUBMIT_TENANT": chaos_load.TENANT,
        "CHAOS_FOLDER": str(home / "orders"),
        "CHAOS_DWELL_S": str(dwell_s),
        "CHAOS_LONG_S": str(1.5 * lease_s),
        "CHAOS_FULL_DISK_SHARE": str(FULL_DISK_SHARE),
        "OMP_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
    }
    return settings.enter(ours)


def _api(home: Path, env: dict[str, str], port: int) -> Actor:
    options = ["--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"]
    uvicorn = [sys.executable, "-m", "uvicorn", "--factory", "benchmarks.chaos_api:build_app"]
    argv = [*uvicorn, *options, "--no-access-log", "--timeout-graceful-shutdown", "3"]
    return Actor("api", argv, env | {"CHAOS_NAME": "api"}, home / "api.log")


def _worker(name: str, home: Path, env: dict[str, str], *, clock_offset_s: float) -> Actor:
    argv = _celery("benchmarks.chaos_worker", "gpu", name)
    own = {"CHAOS_NAME": name, "DB_CLOCK_OFFSET_S": str(clock_offset_s)}
    return Actor(name, argv, env | own, home / f"{name}.log", clock_offset_s=clock_offset_s)


def _celery(app: str, queue: str, name: str) -> list[str]:
    celery = [sys.executable, "-W", "ignore", "-m", "celery", "--quiet"]
    return [*celery, "-A", app, "worker", "-Q", queue, "-n", f"{name}@%h"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
