"""How often a device was lost of late, and over which jobs; in a file beside its lock file.

A device that fails with whatever it is given is broken. One that fails with the same job each time
is not: that job is poison, and is dead at its fourth crash.

A file of its own, because whoever mended the device may remove it, and a lock file never. On a CPU,
which many workers share, each name has one.
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
class _Breakdown:
    """When a device was lost, and with which jobs on it."""

    at: float
    jobs: frozenset[str]

    def line(self) -> str:
        return " ".join([f"{self.at:.3f}", *sorted(self.jobs)]) + "\n"


class Breakdowns:
    """What is known of one device on this machine, whichever process had it."""

    def __init__(self, lock_file: Path) -> None:
        self.path = lock_file.with_suffix(".breakdowns")

    def note(self, jobs: Collection[str]) -> None:
        """The device was lost now, with these on it. Older breakdowns than count are forgotten.

        Raises:
            OSError: the folder cannot be written.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._opened() as file:
            known = [*_recent(file), _Breakdown(time.time(), frozenset(jobs))]
            file.seek(0)
            file.truncate()
            file.writelines(one.line() for one in known)

    def tell_of_a_broken_device(self) -> bool:
        """Whether it was lost too often of late, and no one job explains that."""
        if not self.path.exists():
            return False
        with self._opened() as file:
            recent = _recent(file)
        if len(recent) < BROKEN_AT:
            return False
        return not frozenset.intersection(*(one.jobs for one in recent))

    @contextmanager
    def _opened(self) -> Iterator[IO[str]]:
        """For this process alone, for a moment: two may lose one device at once."""
        with self.path.open("a+", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file


def _recent(file: IO[str]) -> list[_Breakdown]:
    """The breakdowns in the file that still count; a line that tells of none counts for nothing."""
    file.seek(0)
    lines = [line.split() for line in file if re.match(r"\d+\.\d+\s", line)]
    noted = [_Breakdown(float(at), frozenset(jobs)) for at, *jobs in lines]
    return [one for one in noted if abs(time.time() - one.at) < WITHIN_S]
