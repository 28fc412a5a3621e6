"""Keeps workers running: each is started again when it ends, and all are drained at SIGTERM."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Final

from db import logs
from workers import tether
from workers.exits import EXIT_DEVICE_LOST, EXIT_DONE, EXIT_REFUSED, EXIT_STUCK

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
STEADY_AFTER_S = 60.0
"""Who lived this long has earned a fresh start: its next exit is met as if it were the first."""
LOOK_EVERY_S = 0.05
_MOST_DOUBLINGS: Final = 10

_SAYS: Final = {
    EXIT_DONE: "was drained",
    EXIT_REFUSED: "may not start here, its own line above says why",
    EXIT_STUCK: "got nowhere any more",
    EXIT_DEVICE_LOST: "lost its device",
}


@dataclass(slots=True)
class Child:
    """One worker, and how often of late it ended soon after its start.

    Attributes:
        name: what it is called in our lines.
        argv: its command line.
        env: the whole environment it runs in.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    process: "subprocess.Popen[bytes] | None" = None
    _short_lives: int = 0
    _started_at: float = 0.0
    _due_at: float = 0.0

    def tend(self) -> None:
        """Say that it ended, and start it when its pause is over."""
        if self.process is None and time.monotonic() >= self._due_at:
            self._start()
        elif self.process is not None and (code := self.process.poll()) is not None:
            self.process = None
            pause_s = self._pause_s(code)
            self._due_at = time.monotonic() + pause_s
            say(f"{self.name} {_how_it_ended(code)}; starting it again in {pause_s:g} s")

    def _start(self) -> None:
        # A group of its own: a Ctrl-C in the terminal is ours to pass on, once.
        argv = tether.command(list(self.argv))
        self.process = subprocess.Popen(argv, env=dict(self.env), process_group=0)  # noqa: S603
        self._started_at = time.monotonic()
        say(f"{self.name} started as process {self.process.pid}")

    def _pause_s(self, code: int) -> float:
        """A fresh process is what mends a device; who ends at once for other reasons waits."""
        if time.monotonic() - self._started_at > STEADY_AFTER_S:
            self._short_lives = 0
        if code in {EXIT_STUCK, EXIT_DEVICE_LOST}:
            return 0.0
        pause_s = min(FIRST_PAUSE_S * 2.0**self._short_lives, LONGEST_PAUSE_S)
        self._short_lives = min(self._short_lives + 1, _MOST_DOUBLINGS)
        return pause_s


class Supervisor:
    """Children that are kept running until somebody says stop.

    Args:
        children: none was started yet.
        drained_within_s: who has not ended so long after SIGTERM is killed.
    """

    def __init__(self, children: Sequence[Child], *, drained_within_s: float) -> None:
        self._children = children
        self._drained_within_s = drained_within_s
        self._is_stopping = False

    def run(self) -> int:
        """Until SIGTERM or SIGINT; 0 if everybody was drained then. Call from the main thread."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        while not self._is_stopping:
            for child in self._children:
                child.tend()
            time.sleep(LOOK_EVERY_S)
        return self._drain()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._is_stopping = True

    def _drain(self) -> int:
        running = [(one.name, one.process) for one in self._children if one.process is not None]
        say(f"stopping; {len(running)} put down what they hold")
        for _, process in running:
            process.terminate()
        give_up = time.monotonic() + self._drained_within_s
        codes = [_ended(name, process, give_up) for name, process in running]
        # By SIGTERM itself ends who was not yet so far as to hold anything.
        return EXIT_DONE if set(codes) <= {EXIT_DONE, -signal.SIGTERM} else EXIT_STUCK


def _ended(name: str, process: "subprocess.Popen[bytes]", give_up: float) -> int:
    try:
        code = process.wait(max(0.0, give_up - time.monotonic()))
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # not waited for yet, so its number is still its own
        code = process.wait()
    say(f"{name} {_how_it_ended(code)}")
    return code


def _how_it_ended(code: int) -> str:
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with {code}" + (f" ({_SAYS[code]})" if code in _SAYS else "")


def say(line: str) -> None:
    """One line of ours among those of the workers."""
    logs.say("packshot workers", line)
