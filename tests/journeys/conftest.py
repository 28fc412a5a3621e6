"""A whole Packshot in real processes: broker, database, API and Celery workers."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api import local
from api.client import ApiError, Client

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 200
STOPPED_WITHIN_S = 30
DONE_WITHIN_S = 560


@dataclass(slots=True)
class Studio:
    """`packshot up` in a folder of its own."""

    home: Path
    port: int
    env: dict[str, str]
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self) -> Client:
        return Client(self.url, self.key())

    def key(self) -> str | None:
        """The operator's, once `packshot up` has written it."""
        file = self.home / "api.key"
        return file.read_text().strip() if file.exists() else None

    def start(self) -> None:
        with (self.home / "up.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "api.cli", "up"],
                cwd=ROOT,
                env=self.env,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        until(lambda: self.has_workers(), READY_WITHIN_S, self.lines)

    def has_workers(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"packshot up ended early:\n{self.lines()}")
        with self.client() as client:
            if not client.ready():
                return False
            ready = [one for one in client.workers() if one["state"] == "ready"]
        return {queue for one in ready for queue in one["queues"]} == {*local.WORKERS}

    def stop(self, sign: int = signal.SIGINT) -> int:
        assert self.process is not None
        self.process.send_signal(sign)
        try:
            return self.process.wait(STOPPED_WITHIN_S)
        finally:
            self.process.kill()

    def lines(self) -> str:
        return (self.home / "up.log").read_text(errors="replace")[-6000:]

    def sql(self, question: str, *values: Any) -> list[sqlite3.Row]:
        """What any SQL client sees."""
        with sqlite3.connect(self.home / "packshot.db") as connection:
            connection.row_factory = sqlite3.Row
            rows = connection.execute(question, values).fetchall()
        connection.close()
        return rows

    def do(self, operation: dict[str, Any], **envelope: Any) -> dict[str, Any]:
        """Submit one job and wait for its end."""
        with self.client() as client:
            job = client.submit({"operation": operation, **envelope})
            return client.wait([job["id"]], timeout_s=DONE_WITHIN_S)[0]

    def refused(self, operation: dict[str, Any], **envelope: Any) -> ApiError:
        with self.client() as client, pytest.raises(ApiError) as caught:
            client.submit({"operation": operation, **envelope})
        return caught.value

    def upload(self, data: bytes, name: str = "picture") -> str:
        with self.client() as client:
            picture: str = client.upload(data, name=name)["id"]
            return picture

    def content(self, result: dict[str, Any]) -> bytes:
        with self.client() as client:
            return client.download(result["id"])


def until(
    is_so: Callable[[], bool], seconds: float, what_happened: Callable[[], str] = lambda: ""
) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s\n{what_happened()}")
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def make_studio(home: Path, **extra: str) -> Studio:
    port = free_port()
    own = {"DB_HOME": str(home), "API_PORT": str(port), "WORKER_LEASE_S": "4"}
    own |= {"DB_WEBHOOK_ALLOW": "127.0.0.1", **extra}  # storefronts of tests are on this machine
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DB_", "API_", "WORKER_"))
    }
    return Studio(home, port, {**inherited, **own})


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """One running studio for all journeys that leave it as they found it."""
    running = make_studio(tmp_path_factory.mktemp("studio"))
    yield from _started(running)


@pytest.fixture
def own_studio(tmp_path: Path) -> Iterator[Studio]:
    """A studio that may be killed."""
    yield from _started(make_studio(tmp_path))


def _started(running: Studio) -> Iterator[Studio]:
    """It ends with the test, also when it was not ready in time."""
    try:
        running.start()
        yield running
    finally:
        if running.process is not None and running.process.poll() is None:
            running.stop()
