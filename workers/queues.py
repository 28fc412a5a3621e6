"""The one door into the workshop: ring a queue's bell, and somebody looks at the table."""

import threading
import time
from typing import Final

import structlog
from kombu.exceptions import OperationalError

from workers.celery import app

QUEUES: Final = ("gpu", "train", "cpu")
MOST_WAKE_UPS_PER_S = 20

_log = structlog.get_logger(__name__)


def ring(queue: str) -> None:
    """Say that a queue has work. Returns at once, whatever the broker does.

    A wake-up may be lost: workers look at the table by their own clock too.
    """
    if queue not in QUEUES:
        raise ValueError(f"expected one of {', '.join(QUEUES)}, got {queue!r}")
    _bell.ring(queue)


class _Bell:
    """One background thread a process publishes; a stopped broker blocks it and nobody else."""

    def __init__(self) -> None:
        self._dirty: set[str] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def ring(self, queue: str) -> None:
        with self._changed:
            self._dirty.add(queue)
            if self._thread is None:
                self._thread = threading.Thread(target=self._publish, name="bell", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _publish(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._dirty)
                rung, self._dirty = self._dirty, set()
            for queue in sorted(rung):
                _wake(queue)
            time.sleep(1 / MOST_WAKE_UPS_PER_S)


def _wake(queue: str) -> None:
    try:
        app.send_task("wake", queue=queue, retry=False, ignore_result=True)
    except (OperationalError, OSError) as error:
        _log.warning("a wake-up was not published", queue=queue, error=str(error))


_bell = _Bell()
