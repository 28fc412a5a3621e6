"""A Packshot to ask: the one that runs at an address, or one of our own that ends with us."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api import tether

READY_WITHIN_S = 180.0
STOPPED_WITHIN_S = 30.0


class DidNotStart(RuntimeError):
    """`packshot up` ended or was not ready in time; its last lines say why."""


@contextmanager
def running(home: Path, log: Path, environment: dict[str, str]) -> Iterator[str]:
    """Everything on this machine while the block runs; its address.

    Raises:
        DidNotStart: it did not.
    """
    port = _free_port()
    command = [sys.executable, "-m", "api.cli", "up", "--port", str(port)]
    up = subprocess.Popen(  # noqa: S603 — our own command line
        tether.command(command),
        env={**environment, "DB_HOME": str(home), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        process_group=0,
        text=True,
    )
    ready = threading.Event()
    reader = threading.Thread(target=_keep, args=(up, log, ready), daemon=True)
    reader.start()
    try:
        if not ready.wait(READY_WITHIN_S) or up.poll() is not None:
            raise DidNotStart("".join(log.read_text().splitlines(keepends=True)[-15:]))
        yield f"http://127.0.0.1:{port}"
    finally:
        up.terminate()
        try:
            up.wait(timeout=STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            up.kill()
        reader.join(timeout=5)


def _keep(up: "subprocess.Popen[str]", log: Path, ready: threading.Event) -> None:
    with log.open("w") as file:
        for line in up.stdout or ():
            file.write(line)
            file.flush()
            if "ready: http" in line:
                ready.set()
    ready.set()  # it ended: whoever waits need not


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
