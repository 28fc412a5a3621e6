"""The Celery tasks: a look at the table, and jobs from producers that have only the broker."""

import json
import time
from typing import Any

import structlog
from celery import Task
from celery.exceptions import Reject
from pydantic import ValidationError

from db import jobs
from db.jobs import Created
from db.operations.order import MalformedJson, parse
from db.refusals import Refused
from workers import life, metrics, placing, queues, settings
from workers.celery import app
from workers.patience import TRANSIENT

REQUEUE_PAUSE_S = 1.0

OTHERS_LATER_S = 0.02
"""So much sooner the worker that took the message looks: for one job nobody else has to."""

_log = structlog.get_logger(__name__)


@app.task(name="wake")
def wake(*_: Any, **__: Any) -> None:
    """Look at the table; whatever else the message says."""
    metrics.heard()
    life.current().wake()


@app.task(name="jobs.submit", bind=True, max_retries=None)
def submit(self: "Task[Any, Any]", *whole: Any, **order: Any) -> None:
    """Write the row of a job that came whole in the message; its id is the idempotency key.

    The job is the message's named arguments, or one dictionary with the same names.

    The message is acknowledged after the commit; what is no valid job is counted and dropped.
    """
    tenant = settings.get().submit_tenant
    try:
        created = _place(tenant, _asked(whole, order), message_id=self.request.id)
    except (*TRANSIENT, jobs.QueueQuota) as error:
        # The message is the only copy of the job: it goes back, slowly, until the row is written.
        time.sleep(REQUEUE_PAUSE_S)
        raise Reject(error, requeue=True) from error
    except (MalformedJson, ValidationError, Refused, jobs.IdempotencyKeyReused) as error:
        _log.warning("a submitted job was dropped", message=self.request.id, error=str(error))
        return
    except Exception as error:
        # Our fault, then: it waits in the broker for a build that can write it.
        _log.exception("a submitted job went back", message=self.request.id)
        time.sleep(REQUEUE_PAUSE_S)
        raise Reject(error, requeue=True) from error
    if life.has_begun():
        life.current().wake(surely=True)  # nearer than the broker, where it rings for the others
    queues.ring(created.job.queue, later_s=OTHERS_LATER_S)


def _asked(whole: tuple[Any, ...], order: dict[str, Any]) -> dict[str, Any]:
    match whole:
        case ():
            return order
        case (dict() as given,):
            return {**given, **order}
        case _:
            raise MalformedJson("expected named arguments, or one dictionary of them")


def _place(tenant: str, asked: dict[str, Any], *, message_id: str | None) -> Created:
    if not tenant:
        raise MalformedJson("WORKER_SUBMIT_TENANT is unset: jobs by message are not taken")
    key = _checked(asked.pop("idempotency_key", None) or message_id)
    raw = json.dumps(asked).encode()
    if b"\\u0000" in raw:
        raise MalformedJson("a text holds a NUL character, which no database keeps")
    order = parse(raw)
    if order.priority == 0:
        raise MalformedJson("priority 0 is for operators, who use the API")
    return placing.of(tenant).place(order, key=key, message_id=message_id or "")


def _checked(key: Any) -> str:
    if not isinstance(key, str) or len(key) > 255 or not key.isprintable():
        raise MalformedJson("idempotency_key: expected up to 255 printable characters")
    return key
