"""The embedded broker: reachable by its socket alone, durable, and never left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from api import broker, children
from api.children import Child
from api.lines import Lines
from db import settings as db_settings
from workers import settings as worker_settings


@pytest.fixture(params=["short", "long"])
def home(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A DB_HOME of its own; the long one has no room for a socket's address."""
    folder = tmp_path / ("x" * 120 if request.param == "long" else "x")
    monkeypatch.setenv("DB_HOME", str(folder))
    monkeypatch.delenv("WORKER_BROKER_URL", raising=False)
    for settings in (db_settings, worker_settings):
        monkeypatch.setattr(settings, "get", settings.get.__wrapped__)
    return folder


@pytest.fixture
def server(home: Path) -> Iterator[Child]:
    child = Child("valkey", broker.command(), dict(os.environ))
    child.start(Lines())
    until(answers)
    yield child
    children.stop([child], Lines())


def test_the_broker_listens_at_its_socket_and_nowhere_else(server: Child) -> None:
    with asking() as client:
        port = client.config_get("port")["port"]

    assert port == "0"
    assert worker_settings.socket_path().is_socket()


def test_the_broker_keeps_its_data_when_it_is_killed(server: Child) -> None:
    with asking() as client:
        client.rpush("gpu", "wake")
        client.execute_command("WAITAOF", 1, 0, 5000)

    os.kill(server.pid or 0, signal.SIGKILL)
    until(lambda: not server.running())
    until(lambda: tended(server) and answers())

    with asking() as client:
        assert client.lrange("gpu", 0, -1) == ["wake"]
    assert server.starts == 2


def test_the_broker_ends_with_its_parent(home: Path) -> None:
    program = (
        "import os, time; from api import broker; from api.children import Child; "
        "from api.lines import Lines; child = Child('valkey', broker.command(), os.environ); "
        "child.start(Lines()); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], env=dict(os.environ))
    until(answers)

    parent.kill()
    parent.wait()

    until(lambda: not answers())


def asking() -> "redis.Redis[str]":
    path = str(worker_settings.socket_path())
    return redis.Redis(unix_socket_path=path, decode_responses=True)


def answers() -> bool:
    try:
        broker.ping()
    except broker.BrokerNotRunning:
        return False
    return True


def tended(child: Child) -> bool:
    child.tend(Lines())
    return child.running()


def until(true: Callable[[], bool], *, within_s: float = 10.0) -> None:
    give_up = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < give_up, "it did not happen in time"
        time.sleep(0.02)
