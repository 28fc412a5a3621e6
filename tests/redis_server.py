"""A Redis of the distribution on this machine, with a password, gone when the tests are over.

Debian's redis-tools holds the whole server under the name redis-check-rdb; by which name it is
called decides what it is.
"""

import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

PASSWORD = secrets.token_urlsafe(16)
_READY_WITHIN_S = 20.0


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Its URL, as Celery writes it; it keeps what it took, as deploy/compose.yaml has it."""
    found = shutil.which("redis-server") or shutil.which("redis-check-rdb")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Redis: install redis-tools")
        pytest.skip("no Redis: neither redis-server nor redis-tools is installed")
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "redis-server"
    program.symlink_to(found)
    port = _free_port()
    words = ["--port", str(port), "--bind", "127.0.0.1", "--requirepass", PASSWORD]
    words += ["--appendonly", "yes", "--appendfsync", "everysec", "--dir", str(folder)]
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen([program, *words, "--maxmemory-policy", "noeviction"], stdout=log)
    try:
        _wait(port)
        yield f"redis://:{PASSWORD}@127.0.0.1:{port}/0"
    finally:
        child.terminate()
        child.wait(10)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait(port: int) -> None:
    give_up = time.monotonic() + _READY_WITHIN_S
    while True:
        try:
            with redis.Redis(port=port, password=PASSWORD) as client:
                client.ping()
        except redis.ConnectionError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.05)
        else:
            return
