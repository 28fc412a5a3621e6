"""Where Prometheus reads a worker's numbers: a port of its own, the first that is free."""

import errno
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final
from wsgiref.simple_server import WSGIServer

import structlog
from prometheus_client import REGISTRY, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from workers.batcher_numbers import Numbers
from workers.settings import WorkerSettings

MOST_ON_A_HOST: Final = 100
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Now:
    """A worker at this moment.

    Attributes:
        hands: jobs (or webhooks) that it may have in hand at once.
        busy: those that it has.
        device: what its device did so far; None where it has none.
        memory_bytes: of the device, by kind.
    """

    hands: int
    busy: int
    device: Numbers | None = None
    memory_bytes: tuple[tuple[str, int], ...] = ()


class Scraped:
    """The port of this process, open until it is closed."""

    def __init__(self, server: WSGIServer, thread: threading.Thread, live: "_Live") -> None:
        self._server, self._thread, self._live = server, thread, live

    @property
    def port(self) -> int:
        return int(self._server.server_port)

    def close(self) -> None:
        REGISTRY.unregister(self._live)
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def opened(given: WorkerSettings, now: Callable[[], Now]) -> Scraped | None:
    """Tell numbers from here on; None where no port was asked for.

    Workers of one host share the setting: each takes the first port from there that is free. One
    that finds none says so and works all the same.
    """
    if not given.metrics_port:
        return None
    live = _Live(now)
    REGISTRY.register(live)
    try:
        server, thread = _first_free(given.metrics_host, given.metrics_port)
    except OSError as error:
        REGISTRY.unregister(live)
        _log.error("numbers are not told", host=given.metrics_host, error=str(error))
        return None
    scraped = Scraped(server, thread, live)
    _log.info("numbers are told", host=given.metrics_host, port=scraped.port)
    return scraped


def _first_free(host: str, first: int) -> tuple[WSGIServer, threading.Thread]:
    for port in range(first, first + MOST_ON_A_HOST):
        try:
            return start_http_server(port, addr=host)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    raise OSError(errno.EADDRINUSE, f"no port from {first} on is free for this worker's numbers")


class _Live(Collector):
    """What is read when somebody asks, not counted as it happens."""

    def __init__(self, now: Callable[[], Now]) -> None:
        self._now = now

    def describe(self) -> list[Metric]:
        """Nothing is asked of a worker that has not begun."""
        return []

    def collect(self) -> Iterator[Metric]:
        now = self._now()
        yield GaugeMetricFamily("packshot_hands", "Jobs that fit in hand.", value=now.hands)
        yield GaugeMetricFamily("packshot_hands_busy", "Jobs in hand.", value=now.busy)
        memory = GaugeMetricFamily(
            "packshot_device_memory_bytes", "Memory of the device, by kind.", labels=["kind"]
        )
        for kind, size in now.memory_bytes:
            memory.add_metric([kind], size)
        yield memory
        if now.device is not None:
            yield from _of_device(now.device)


def _of_device(numbers: Numbers) -> Iterator[Metric]:
    told = (
        ("packshot_device_busy_seconds", "Time the device worked.", numbers.busy_s),
        ("packshot_device_wait_seconds", "What calls waited for their batch.", numbers.waited_s),
        ("packshot_device_calls", "Calls of networks.", numbers.calls),
        ("packshot_batch_splits", "Batches that left calls waiting.", numbers.splits),
        ("packshot_batch_bisections", "Batches that failed and were halved.", numbers.bisections),
        ("packshot_out_of_memory", "Batches that did not fit.", numbers.out_of_memory),
    )
    for name, says, value in told:
        yield CounterMetricFamily(name, says, value=value)
