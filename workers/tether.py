"""Run a command that ends with its parent: `python tether.py PARENT_PID COMMAND…`.

A small program of its own, because a hook between fork and exec may deadlock in a process with
threads. It asks the kernel for SIGTERM at the parent's death and then becomes the command.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def command(argv: list[str]) -> list[str]:
    """The command line that runs `argv` tethered to this thread."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *argv]


def end_with(parent: int, number: signal.Signals) -> None:
    """Have the kernel (Linux) send this process a signal when its parent has died."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:  # it died before the kernel knew what we want
        raise SystemExit(1)


if __name__ == "__main__":
    end_with(int(sys.argv[1]), signal.SIGTERM)
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 — the command of our own parent
