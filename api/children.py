"""Child processes kept alive: tethered, their lines prefixed, started again if they exit."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from api import tether
from api.lines import Lines

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
# A child that lived this long earns a fresh start: its next exit is met without delay.
STEADY_AFTER_S = 60.0
KILL_AFTER_S = 8.0
"""For a program that has no time of its own to put things down."""


@dataclass(slots=True)
class Child:
    """One program, and how often it had to be started.

    Attributes:
        name: what its lines are prefixed with.
        argv: its command line.
        env: the whole environment it runs in.
        comment: said when it is started again.
        shown: what is shown of a line that it wrote; nothing, if that is empty.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    comment: str = ""
    shown: Callable[[str], str] = str
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    _exits: int = 0
    _started_at: float = 0.0
    _due_at: float = 0.0
    _reader: threading.Thread | None = field(default=None, repr=False)

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def start(self, lines: Lines) -> None:
        """Run it. Call from a thread that lives as long: the tether is tied to it."""
        self.process = subprocess.Popen(  # noqa: S603 — our own command lines
            tether.command(list(self.argv)),
            env=dict(self.env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,  # a Ctrl-C in the terminal is ours to pass on, in order
        )
        self.starts += 1
        self._started_at = time.monotonic()
        self._reader = threading.Thread(
            target=self._copy, args=(self.process, lines), name=self.name, daemon=True
        )
        self._reader.start()

    def tend(self, lines: Lines) -> None:
        """Say that it exited, and start it again when its pause is over."""
        if self.process is None:
            if time.monotonic() >= self._due_at:
                self.start(lines)
            return
        code = self.process.poll()
        if code is None:
            return
        steady = time.monotonic() - self._started_at > STEADY_AFTER_S
        self._exits = 1 if steady else self._exits + 1
        pause_s = min(FIRST_PAUSE_S * 2 ** min(self._exits - 1, 20), LONGEST_PAUSE_S)
        again = f"; starting it again in {pause_s:g} s{self.comment}"
        lines.say(self.name, how_it_ended(code) + again, tone="warning")
        self.process, self._due_at = None, time.monotonic() + pause_s

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def terminate(self) -> None:
        if self.process is not None:
            self.process.terminate()

    def kill(self) -> None:
        """End it and whatever it started itself."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def join(self) -> None:
        """Wait for its end and its last line."""
        if self.process is not None:
            self.process.wait()
        if self._reader is not None:
            self._reader.join(timeout=1.0)

    def _copy(self, process: subprocess.Popen[bytes], lines: Lines) -> None:
        if process.stdout is None:
            return
        with process.stdout as pipe:
            for line in pipe:
                if text := self.shown(line.decode(errors="replace").rstrip()):
                    lines.say(self.name, text)


def stop(children: Iterable[Child], lines: Lines, *, within_s: float = KILL_AFTER_S) -> None:
    """End them all at once by SIGTERM, and by SIGKILL what does not follow in time."""
    ending = [child for child in children if child.running()]
    for child in ending:
        child.terminate()
    give_up = time.monotonic() + within_s
    for child in ending:
        while child.running() and time.monotonic() < give_up:
            time.sleep(0.02)
        if child.running():
            lines.say(child.name, f"did not end within {within_s:g} s; killed", tone="warning")
            child.kill()
        child.join()


def how_it_ended(code: int) -> str:
    if code >= 0:
        return f"exited with {code}"
    return f"was killed by {signal.Signals(-code).name}"
