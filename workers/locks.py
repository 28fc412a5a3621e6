"""A device's lock file: how often a worker lost the device of late, and over which jobs.

A device that fails with whatever it is given is broken. One that fails with the same job each time
is not: that job is poison, and is dead at its fourth crash.

One file for each host, device and line of queues, so that a process can hold it for as long as it
has the device. On a CPU, which many workers share, each name has one of its own.
"""

import fcntl
import re
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

BROKEN_AT = 3
WITHIN_S = 600.0


@dataclass(frozen=True, slots=True)
class _Loss:
    """When a device was lost, and with which jobs on it."""

    at: float
    jobs: frozenset[str]

    def line(self) -> str:
        return " ".join([f"{self.at:.3f}", *sorted(self.jobs)]) + "\n"


class LockFile:
    """What is known of one device on this machine, whichever process has it."""

    def __init__(self, folder: Path, *, host: str, device: str, work: str) -> None:
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{host}.{device}.{work}")
        self.path = folder / f"{name}.lock"

    def note_loss(self, jobs: Collection[str]) -> None:
        """The device was lost now, with these on it. Older losses than count are forgotten.

        Raises:
            OSError: the folder cannot be written.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._held() as file:
            losses = [*_recent(file), _Loss(time.time(), frozenset(jobs))]
            file.seek(0)
            file.truncate()
            file.writelines(loss.line() for loss in losses)

    def is_broken(self) -> bool:
        """Whether it was lost too often of late, and no one job explains that."""
        if not self.path.exists():
            return False
        with self._held() as file:
            losses = _recent(file)
        if len(losses) < BROKEN_AT:
            return False
        return not frozenset.intersection(*(loss.jobs for loss in losses))

    @contextmanager
    def _held(self) -> Iterator[IO[str]]:
        with self.path.open("a+", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file


def _recent(file: IO[str]) -> list[_Loss]:
    """The losses in the file that still count; a line that tells of none counts for nothing."""
    file.seek(0)
    lines = [line.split() for line in file if re.match(r"\d+\.\d+\s", line)]
    losses = [_Loss(float(at), frozenset(jobs)) for at, *jobs in lines]
    return [loss for loss in losses if abs(time.time() - loss.at) < WITHIN_S]
