"""Boot, drain, stop: what Celery tells us of its own life."""

import gc
import logging
import os
import signal
import threading
from collections.abc import Sequence
from typing import Any

import structlog
from celery.apps import worker as celery_worker
from celery.signals import (
    celeryd_after_setup,
    setup_logging,
    worker_ready,
    worker_shutdown,
    worker_shutting_down,
)

from db import logs, tracing
from workers import exits, life, refusals, settings
from workers.exits import EXIT_DONE, EXIT_REFUSED, EXIT_STUCK
from workers.life import Life

LEAVE_AFTER_S = 1.0
"""After the time to drain. With three seconds more a supervisor never has to kill."""

CELERY_ENDS_WITHIN_S = 2.0
"""When all is put down: to give its unread messages back. With its broker away it would wait."""

_log = structlog.get_logger(__name__)
_draining = threading.Lock()
_drained = threading.Event()


@celeryd_after_setup.connect
def boot(instance: Any, **_: Any) -> None:
    """Choose the device and open the shop, before the first message."""
    # Nothing was begun yet, and Celery hears signals only after this.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(EXIT_DONE))
    queues = list(instance.app.amqp.queues.consume_from)
    service = f"worker-{'-'.join(queues)}"
    logs.serve_as(service)
    try:
        tracing.configure(service)
        refusals.check(queues)
        life.begin(_life(queues, name=instance.hostname))
    except Exception as error:
        # Celery swallows what a handler raises: the worker would live on and take nothing.
        logs.say("packshot worker", str(error))
        raise SystemExit(EXIT_REFUSED) from error


@worker_ready.connect
def start(**_: Any) -> None:
    if not _draining.locked():
        life.current().start()


@worker_shutting_down.connect
def drain(**_: Any) -> None:
    if not _draining.acquire(blocking=False):
        return
    # In a thread: this runs inside the signal handler, where nothing may wait.
    threading.Thread(target=_drain, name="drain").start()
    # Also when a hand hangs in a call, the database is away, or Celery waits for its broker.
    exits.leave_within(settings.get().drain_s + LEAVE_AFTER_S, EXIT_STUCK, unless=_drained)


@worker_shutdown.connect
def stop(**_: Any) -> None:
    """Leave when all is put down, whatever ended Celery."""
    if not life.has_begun():
        return
    drain()
    for thread in threading.enumerate():
        if thread.name == "drain":
            thread.join()
    exits.leave(EXIT_DONE if _drained.is_set() else EXIT_STUCK)


def _life(queues: Sequence[str], *, name: str) -> Life:
    if queues == ["hooks"]:
        from workers import webhooks

        return webhooks.boot(queues)
    settings.calm_threads()
    from workers import process  # not for a worker of webhooks: it brings torch

    # What was imported is never garbage. A full collection that walks through its 300,000 objects
    # stops every hand for a quarter of a second, once in some thousand jobs.
    gc.freeze()
    return process.boot(queues, name=name)


def _drain() -> None:
    _log.info("draining")
    life.current().drain()
    tracing.flush()
    _drained.set()
    exits.leave_within(CELERY_ENDS_WITHIN_S, EXIT_DONE)


@setup_logging.connect
def log_lines(loglevel: Any = None, **_: Any) -> None:
    """That anybody hears this keeps Celery from setting up a log of its own."""
    logs.configure("worker", libraries=loglevel if isinstance(loglevel, int) else logging.WARNING)
    # It would say goodbye on standard output, out of a signal handler.
    vars(celery_worker)["safe_say"] = lambda *_, **__: None
