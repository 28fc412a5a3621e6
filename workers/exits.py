"""How a worker's process ends, and what its exit code says."""

import contextlib
import logging
import os
import signal
import sys
import threading
import time

EXIT_DONE = 0
"""Drained: everything ended or was put back."""
EXIT_REFUSED = 69
"""It cannot work here as things are; the last line says why."""
EXIT_STUCK = 70
"""It got nowhere any more; where it stood is on standard error."""
EXIT_DEVICE_LOST = 75
"""Its device answers nothing in this process; the next one may fare better."""


def leave(code: int) -> None:
    """End now, also when a thread hangs in a call that nothing can interrupt."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # nobody reads it any more
            stream.flush()
    os._exit(code)


def leave_within(seconds: float, code: int, *, unless: threading.Event | None = None) -> None:
    """End with this code after so long, whatever else happens; with 0 if `unless` is set by then.

    For ends that ask something of others, a database or a broker, which may not answer.
    """

    def end() -> None:
        time.sleep(seconds)
        os._exit(EXIT_DONE if unless is not None and unless.is_set() else code)

    threading.Thread(target=end, name="end", daemon=True).start()


def ask_to_stop() -> None:
    """As if somebody had sent SIGTERM."""
    os.kill(os.getpid(), signal.SIGTERM)
