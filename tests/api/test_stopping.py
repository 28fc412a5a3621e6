"""An API that is told to stop answers those who wait, and ends."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from api import children, local
from api.client import Client
from tests import factories, issued

JSON = {"Content-Type": "application/json"}


@contextmanager
def serving(
    home: Path, *, port: int | None = None
) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """The API's own process over an archive, as `packshot up` starts it."""
    port = free_port() if port is None else port
    env = {**os.environ, "DB_HOME": str(home)}
    with subprocess.Popen(local.api_command("127.0.0.1", port), env=env) as process:
        url = f"http://127.0.0.1:{port}"
        with Client(url, pauses_s=()) as client:
            give_up = time.monotonic() + 20
            while not client.ready():
                assert time.monotonic() < give_up, "the API did not start"
                time.sleep(0.05)
        try:
            yield url, process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_who_waits_is_answered_when_the_server_is_told_to_stop(
    home: Path, api_key: str, number: signal.Signals
) -> None:
    answers: list[httpx2.Response] = []
    with serving(home) as (url, process), Client(url, api_key) as client:
        picture = client.upload(factories.png())["id"]
        asking = threading.Thread(
            target=lambda: answers.append(
                httpx2.post(
                    f"{url}/v1/jobs",
                    content=factories.order("upscale", picture=picture),
                    headers={**JSON, **issued.headers(api_key), "Prefer": "wait=60"},
                    timeout=30,
                    trust_env=False,
                )
            )
        )
        asking.start()
        while not list(client.jobs({}, limit=1)):
            time.sleep(0.05)
        time.sleep(0.2)
        began = time.monotonic()
        process.send_signal(number)
        asking.join()
        process.wait(10)
        took_s = time.monotonic() - began

    assert took_s < 3
    assert answers[0].status_code == 202
    assert answers[0].json()["state"] == "queued"


def test_a_client_that_never_ends_its_request_holds_nobody_up(home: Path, api_key: str) -> None:
    half = b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    half += f"Authorization: Bearer {api_key}\r\n".encode()
    port = free_port()
    with (
        serving(home, port=port) as (_, process),
        socket.create_connection(("127.0.0.1", port)) as line,
    ):
        line.sendall(half + b"Content-Length: 100\r\n\r\n{")
        time.sleep(0.2)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(children.KILL_AFTER_S)

    assert time.monotonic() - began < local.ANSWERED_WITHIN_S + 2


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
