"""A device's lock file: held by the one process that has the device for its queues.

The kernel lets go of it when that process ends, however it ends; one that is frozen keeps it. So it
says more than any row could, and needs nobody to tidy up. Nobody may remove it while its holder
lives: the next would make a new file, and both would have the device.
"""

import contextlib
import fcntl
import os
import re
from collections.abc import Sequence
from pathlib import Path


class LockFile:
    """Who has one device for one line of queues on this machine."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def hold(self, name: str) -> bool:
        """Have it until this process ends; False where another process has it.

        Args:
            name: who we are, for whoever comes later and must go.

        Raises:
            OSError: the folder cannot be written.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # A bare number, which nothing ever closes: a file object would let go with its last reader.
        # Children that are executed do not inherit it, so none outlives us as the holder.
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        with contextlib.suppress(OSError):  # a full disk: it is held all the same, by nobody named
            os.ftruncate(file, 0)
            os.write(file, f"process {os.getpid()} ({name})".encode())
        return True

    def holder(self) -> str:
        """In words, whoever held it last."""
        with contextlib.suppress(OSError):
            return self.path.read_text(errors="replace") or "another process"
        return "another process"


def path(folder: Path, *, host: str, device: str, queues: Sequence[str], name: str = "") -> Path:
    """Where the lock file of a device lies: one for each host, device and line of queues.

    Args:
        folder: on this machine; a folder that several share keeps them apart by `host`.
        host: this machine.
        device: what every process of this machine calls it, whatever devices that process may see.
        queues: whose jobs it is for.
        name: of the worker, where the device is no one's alone.
    """
    named = ".".join([host, device, "-".join(sorted(queues)), *([name] if name else [])])
    return folder / f"{re.sub(r'[^A-Za-z0-9._-]+', '-', named)}.lock"
