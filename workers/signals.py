"""Boot, drain, stop: what Celery tells us of its own life."""

import logging
import os
import sys
import threading
from typing import Any

import structlog
from celery.signals import (
    celeryd_after_setup,
    setup_logging,
    worker_ready,
    worker_shutdown,
    worker_shutting_down,
)

from workers import process

EXIT_UNAVAILABLE = 69


@celeryd_after_setup.connect
def boot(instance: Any, **_: Any) -> None:
    """Choose the device and open the shop, before the first message."""
    queues = list(instance.app.amqp.queues.consume_from)
    try:
        process.boot(queues)
    except Exception as error:
        # Celery swallows what a handler raises: the worker would live on and take nothing.
        sys.stderr.write(f"packshot worker: {error}\n")
        raise SystemExit(EXIT_UNAVAILABLE) from error


@worker_ready.connect
def start(**_: Any) -> None:
    process.current().start()


@worker_shutting_down.connect
def drain(**_: Any) -> None:
    # In a thread: this runs inside the signal handler, where nothing may wait.
    threading.Thread(target=process.current().drain, name="drain").start()


@worker_shutdown.connect
def stop(**_: Any) -> None:
    """Leave, also when a hand hangs in a call that nothing can interrupt."""
    process.current().drain()
    for thread in threading.enumerate():
        if thread.name == "drain":
            thread.join()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


@setup_logging.connect
def log_lines(loglevel: Any = None, **_: Any) -> None:
    """A short fixed sentence and its fields, one line each, to standard error."""
    level = loglevel if isinstance(loglevel, int) else logging.INFO
    logging.basicConfig(level=level, format="%(levelname)s %(name)s %(message)s", force=True)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(min(level, logging.INFO)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
