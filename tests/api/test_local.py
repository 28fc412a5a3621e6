"""`packshot up`, whole: started, wounded, refused a twin, and stopped by Ctrl-C."""

import io
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from api import local
from api import settings as api_settings
from api.children import Child
from api.client import Client
from api.lines import Lines
from workers import settings as worker_settings


@dataclass
class Up:
    """A `packshot up` in a folder of its own, and what it has said."""

    process: "subprocess.Popen[str]"
    environment: dict[str, str]
    said: list[str] = field(default_factory=list)

    def listen(self) -> None:
        for line in self.process.stdout or ():
            self.said.append(line.rstrip())

    def has_said(self, pattern: str) -> bool:
        return any(re.search(pattern, line) for line in self.said)


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    environment = {**os.environ, "DB_HOME": str(tmp_path / "var"), "WORKER_DEVICE": "cpu"}
    environment.pop("WORKER_BROKER_URL", None)
    command = [sys.executable, "-m", "api.cli", "up", "--port", "0"]
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    ) as process:
        one = Up(process, environment)
        listener = threading.Thread(target=one.listen)
        listener.start()
        yield one
        process.kill()
        listener.join()


@pytest.mark.journey
def test_up_starts_everything_mends_it_and_ends_it(up: Up) -> None:
    until(lambda: up.has_said("ready: http"), within_s=150, said=up.said)
    url = re.findall(r"ready: (http\S+)", "\n".join(up.said))[0]

    key = (Path(up.environment["DB_HOME"]) / "api.key").read_text().strip()
    with Client(url, key) as shop:
        queues = {queue for worker in shop.workers() for queue in worker["queues"]}
        job = shop.submit({"operation": {"op": "sample", "seed": 1}})
        assert shop.wait([job["id"]], timeout_s=100)[0]["state"] == "succeeded"
    assert queues == {"gpu", "train", "cpu", "hooks"}

    broker = next(pid for pid in children_of(up) if "valkey-server" in command_of(pid))
    os.kill(broker, signal.SIGKILL)
    until(lambda: up.has_said("valkey .*killed by SIGKILL; .*with the same data"), said=up.said)

    twin = subprocess.run(
        [sys.executable, "-m", "api.cli", "up", "--port", "0"],
        env=up.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert twin.returncode == 1
    assert "already up" in twin.stderr

    family = children_of(up)
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(timeout=25) == 0
    until(lambda: up.has_said("stopped; nothing is lost"), said=up.said)
    assert len(family) == 6
    assert not [pid for pid in family if Path(f"/proc/{pid}").exists()]


def test_each_worker_of_a_queue_has_a_name_of_its_own() -> None:
    assert local.names("gpu", 3) == ["gpu", "gpu-2", "gpu-3"]
    assert local.names("train", 0) == []


def test_a_worker_is_started_as_by_hand() -> None:
    command = " ".join(local.worker_command("gpu-2", "gpu"))

    assert re.search(r"-m celery .*-A workers worker -Q gpu -n gpu-2@%h", command)


@pytest.mark.parametrize(
    ("broker_url", "given", "tenant"),
    [
        ("", None, "atelier"),
        ("", "other", "other"),
        ("", "", ""),
        ("redis://elsewhere:6379/0", None, None),
    ],
)
def test_messages_through_our_own_broker_may_make_jobs(
    monkeypatch: pytest.MonkeyPatch, broker_url: str, given: str | None, tenant: str | None
) -> None:
    monkeypatch.setenv("API_TENANT", "atelier")
    monkeypatch.setenv("WORKER_BROKER_URL", broker_url)
    monkeypatch.delenv("WORKER_SUBMIT_TENANT", raising=False)
    if given is not None:
        monkeypatch.setenv("WORKER_SUBMIT_TENANT", given)
    for settings in (api_settings, worker_settings):
        monkeypatch.setattr(settings, "get", settings.get.__wrapped__)

    environment = local.Machine(local.Plan("127.0.0.1", 0, {}), Lines())._env()

    assert environment.get("WORKER_SUBMIT_TENANT") == tenant


def until(true: Callable[[], bool], *, said: list[str], within_s: float = 20.0) -> None:
    give_up = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < give_up, "\n".join(said)
        time.sleep(0.1)


def children_of(up: Up) -> list[int]:
    """Its own programs: broker, API, workers."""
    listed = Path(f"/proc/{up.process.pid}/task/{up.process.pid}/children").read_text()
    return [int(pid) for pid in listed.split()]


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def test_a_worker_is_given_its_time_to_drain_before_it_is_killed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WORKER_DRAIN_S", "0.6")
    monkeypatch.setattr(worker_settings, "get", worker_settings.get.__wrapped__)
    monkeypatch.setattr(local, "KILLED_AFTER_DRAIN_S", 0.2)
    out = io.StringIO()
    machine = local.Machine(local.Plan("127.0.0.1", 0, {}), Lines(out))
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up'); time.sleep(60)"
    worker = Child("gpu", [sys.executable, "-u", "-c", deaf], dict(os.environ))
    machine._workers.append(worker)
    worker.start(machine._lines)
    until(lambda: "up" in out.getvalue(), said=[])

    machine._stop()

    assert "did not end within 0.8 s; killed" in out.getvalue()
    assert not worker.running()
