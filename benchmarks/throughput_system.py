"""What the table compares: systems that are told a number of jobs, and drain them.

Some are driven by a child, so that the benchmark's own process disturbs nobody: it reads a count a
line, and answers each with a line about how that went.
"""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Final, Protocol, cast

from api import tether

READY_WITHIN_S: Final = 120.0
DRAINED_WITHIN_S: Final = 1_800.0


class NotHere(RuntimeError):
    """A peer that is not installed, or does not start: left out of the table, and said so."""


@dataclass(frozen=True, slots=True)
class Drained:
    """From the word go, or the first hand-in, until the last answer.

    Attributes:
        seconds: that long.
        waited_s: how long each job took, for whoever asked for it; empty where nobody knows.
    """

    seconds: float
    waited_s: Sequence[float]


class System(Protocol):
    """Something that does the jobs of one workload.

    Attributes:
        name: what the table calls it.
        durable: whether a job survives SIGKILL of its worker, and its result is kept in a database.
    """

    @property
    def name(self) -> str: ...

    @property
    def durable(self) -> bool: ...

    def drain(self, count: int) -> Drained:
        """So many jobs, as fast as it can."""
        ...


class Child:
    """A system whose jobs are handed in by a process of its own; it keeps nothing for nobody.

    Args:
        name: what the table calls it.
        argv: a program that calls `serve`.
        env: the whole environment it runs in.
        log: where its complaints go.
    """

    durable: Final = False

    def __init__(self, name: str, argv: list[str], env: Mapping[str, str], log: Path) -> None:
        self.name, self._log = name, log
        with log.open("ab") as lines:
            self._process = subprocess.Popen(
                tether.command(argv),
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=lines,
                process_group=0,
            )
        self._told = cast("IO[bytes]", self._process.stdin)
        self._said = cast("IO[bytes]", self._process.stdout)

    def wait(self) -> None:
        """Until it is warm.

        Raises:
            NotHere: it ended, or never was.
        """
        self._line(READY_WITHIN_S)

    def drain(self, count: int) -> Drained:
        self._told.write(b"%d\n" % count)
        self._told.flush()
        return Drained(**json.loads(self._line(DRAINED_WITHIN_S)))

    def end(self) -> None:
        """Kill it with all that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._told, self._said):
            with suppress(BrokenPipeError):
                pipe.close()

    def _line(self, within_s: float) -> bytes:
        """The next line; one answers one, so nothing lies in a buffer before."""
        heard, _, _ = select.select([self._said], [], [], within_s)
        line = self._said.readline() if heard else b""
        if not line:
            raise NotHere(f"{self.name} does not answer; {self._log} says why")
        return line


def serve(drain: Callable[[int], Drained]) -> None:
    """In the child, when it is warm: drain as many as each line says, until there is none."""
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(asdict(drain(int(line)))), flush=True)
