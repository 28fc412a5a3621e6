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
    """The command line that runs `argv` tethered to this process."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *argv]


def main() -> None:
    """Tether this process, then become the command."""
    parent, argv = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before the kernel knew what we want
        raise SystemExit(1)
    os.execvp(argv[0], argv)  # noqa: S606 — the command of our own parent


if __name__ == "__main__":
    main()
