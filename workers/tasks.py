"""The Celery tasks: a look at the table, and jobs from producers that have only the broker."""

import json
import time
from typing import Any

import structlog
from celery import Task
from celery.exceptions import Reject
from pydantic import ValidationError
from sqlalchemy import exc

from db import jobs
from db.engine import transaction
from db.operations.order import MalformedJson, parse
from workers import process, queues, settings
from workers.celery import app

REQUEUE_PAUSE_S = 1.0

_log = structlog.get_logger(__name__)


@app.task(name="wake")
def wake() -> None:
    """Look at the table; the message says no more."""
    process.current().wake()


@app.task(name="jobs.submit", bind=True, max_retries=None)
def submit(self: "Task[Any, Any]", whole: Any = None, /, **order: Any) -> None:
    """Write the row of a job that came whole in the message; its id is the idempotency key.

    The job is the message's named arguments, or one dictionary with the same names.

    The message is acknowledged after the commit; what is no valid job is counted and dropped.
    """
    tenant = settings.get().submit_tenant
    if not tenant:
        _log.warning("a submitted job was dropped: WORKER_SUBMIT_TENANT is unset")
        return
    order = {**whole, **order} if isinstance(whole, dict) else order
    key = order.pop("idempotency_key", None) or self.request.id
    try:
        _check_key(key)
        parsed = parse(json.dumps(order).encode())
        with transaction() as session:
            job = jobs.create(session, tenant, parsed, idempotency_key=key).job
    except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError) as error:
        # The message is the only copy of the job: it goes back, slowly, until the row is written.
        time.sleep(REQUEUE_PAUSE_S)
        raise Reject(error, requeue=True) from error
    except (MalformedJson, ValidationError, jobs.IdempotencyKeyReused) as error:
        _log.warning("a submitted job was dropped", message=self.request.id, error=str(error))
        return
    queues.ring(job.queue)


def _check_key(key: Any) -> None:
    if not isinstance(key, str) or len(key) > 255 or not key.isprintable():
        raise MalformedJson("idempotency_key: expected up to 255 printable characters")
