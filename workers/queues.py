"""The one door into the workshop: ring a queue's bell, and somebody looks at the table."""

import threading
import time
from typing import Any, Final

import structlog
from amqp.exceptions import ChannelError
from prometheus_client import Counter

from workers.celery import app

QUEUES: Final = ("gpu", "train", "cpu", "hooks")
MOST_WAKE_UPS_PER_S = 20
RESTS_S: Final = {"hooks": 0.25}
"""How long a queue's bell rests after a wake-up: every commit rings for this one, and each wake-up
costs as much as a claim. The others ring as often as `MOST_WAKE_UPS_PER_S` lets them."""
MOST_UNHEARD = 100
"""Wake-ups that lie in the broker for a queue that no worker serves."""
_PRODUCER_WITHIN_S = 2.0

_log = structlog.get_logger(__name__)
_published = Counter(
    "packshot_wakeups_published", "Wake-ups for the broker, by what came.", ["queue", "outcome"]
)


def ring(queue: str, *, later_s: float = 0.0) -> None:
    """Say that a queue has work. Returns at once, whatever the broker does.

    A wake-up may be lost: workers look at the table by their own clock too.
    """
    if queue not in QUEUES:
        raise ValueError(f"expected one of {', '.join(QUEUES)}, got {queue!r}")
    _bell.ring(queue, time.monotonic() + later_s)


class _Bell:
    """One background thread a process publishes; a stopped broker blocks it and nobody else."""

    def __init__(self) -> None:
        # Queues that were rung, and when that is to be said.
        self._rung: dict[str, float] = {}
        self._rests_until: dict[str, float] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def ring(self, queue: str, at: float) -> None:
        with self._changed:
            at = max(at, self._rests_until.get(queue, at))
            self._rung[queue] = min(at, self._rung.get(queue, at))
            if self._thread is None:
                self._thread = threading.Thread(target=self._publish, name="bell", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _publish(self) -> None:
        while True:
            for queue in self._due():
                _wake(queue)
            time.sleep(1 / MOST_WAKE_UPS_PER_S)

    def _due(self) -> list[str]:
        """Waits for the first that is due, and gives all that are."""
        with self._changed:
            while not (due := self._over(time.monotonic())):
                soonest = min(self._rung.values(), default=None)
                self._changed.wait(None if soonest is None else soonest - time.monotonic())
            for queue in due:
                del self._rung[queue]
                self._rests_until[queue] = time.monotonic() + RESTS_S.get(queue, 0.0)
            return due

    def _over(self, now: float) -> list[str]:
        return sorted(queue for queue, at in self._rung.items() if at <= now)


def _wake(queue: str) -> None:
    """One message, unless nobody has taken the last hundred: the table holds the backlog."""
    try:
        with app.producer_pool.acquire(block=True, timeout=_PRODUCER_WITHIN_S) as producer:
            is_heard = _unheard(producer.channel, queue) < MOST_UNHEARD
            if is_heard:
                app.send_task(
                    "wake", queue=queue, retry=False, ignore_result=True, producer=producer
                )
        _published.labels(queue, "sent" if is_heard else "unheard").inc()
    except Exception as error:  # noqa: BLE001 — whatever a broker does, the bell rings on
        _published.labels(queue, "failed").inc()
        _log.warning("a wake-up was not published", queue=queue, error=str(error))


def _unheard(channel: Any, queue: str) -> int:
    """Messages of a queue that no worker has taken."""
    try:
        return int(channel.queue_declare(queue, passive=True).message_count)
    except ChannelError:
        return 0  # the queue is made by its first message


_bell = _Bell()
