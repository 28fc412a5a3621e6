"""One `packshot up` in a folder, and one program on a port."""

import contextlib
import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path


class Refused(RuntimeError):
    """`packshot up` cannot start; the message says what would help."""


@contextlib.contextmanager
def in_folder(home: Path, url: str) -> Iterator[None]:
    """Hold the folder's lock while the block runs; the kernel lets go of it if we are killed.

    Raises:
        Refused: another one holds it.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / "up.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            who = file.read().strip() or "another process"
            raise Refused(
                f"Packshot is already up in {home} ({who}). Stop it with Ctrl-C in its terminal, "
                "or set DB_HOME to another folder."
            ) from error
        file.truncate(0)
        file.write(f"process {os.getpid()}, {url}")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def port(host: str, wanted: int) -> int:
    """The port if nobody listens on it; for 0, one that is free.

    Raises:
        Refused: the port is in use, or the host is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, wanted))
        except OSError as error:
            raise Refused(
                f"Port {wanted} of {host} cannot be used ({error.strerror}). "
                "Choose another with --port or API_PORT; 0 takes a free one."
            ) from error
        found: int = probe.getsockname()[1]
        return found
