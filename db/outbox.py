"""What the storefront is to be told, written in the very transaction in which it became true."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID, uuid5

from sqlalchemy import String, select
from sqlalchemy.orm import Session

from db import clock
from db.portable import as_given, given, insert
from db.tables.batches import Batch
from db.tables.deliveries import Delivery, Endpoint
from db.tables.jobs import SUCCEEDED, TERMINAL
from db.tables.results import Result
from db.tables.watches import ScoreWatch
from db.urls import authority

BATCH_COMPLETED: Final = "batch.completed"
DRIFTED: Final = "version.drifted"
PING: Final = "webhook.ping"
EVENTS: Final = (*(f"job.{state}" for state in TERMINAL), BATCH_COMPLETED, DRIFTED)
# The body stays under 20 kB whatever a job made; the rest is behind its link.
MOST_RESULTS: Final = 24
_SCORES: Final = (
    "psnr_db",
    "ssim",
    "product_psnr_db",
    "product_ssim",
    "product_delta_e_mean",
)
_FLAGS: Final = ("identical", "product_identical", "unproven")
_EVENTS_NAMESPACE: Final = UUID("5f0e7a52-6e0c-4b6c-9a51-8e3f5a4f7d10")


class _Listener(NamedTuple):
    """What an event needs to know of an endpoint."""

    id: str
    url: str
    events: list[str] | None


class Ended(Protocol):
    """A job that may just have ended: its row, or what a statement returned of it."""

    @property
    def id(self) -> str: ...
    @property
    def tenant(self) -> str: ...
    @property
    def op(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def sku(self) -> str | None: ...
    @property
    def channel(self) -> str | None: ...
    @property
    def external_id(self) -> str | None: ...
    @property
    def batch_id(self) -> str | None: ...
    @property
    def retry_of(self) -> str | None: ...
    @property
    def webhook_url(self) -> str | None: ...
    @property
    def error_code(self) -> str | None: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def finished_at(self) -> datetime | None: ...


def tell(session: Session, jobs: Sequence[Ended]) -> None:
    """Write a delivery for whoever wants to hear that these jobs have just ended.

    Call it after the results were added: the body holds those that the session sees.
    """
    ended = [job for job in jobs if job.state in TERMINAL]
    listeners = _listeners(session, {job.tenant for job in ended})
    told = {
        job.id: receivers
        for job in ended
        if (receivers := _receivers(listeners[job.tenant], f"job.{job.state}", job.webhook_url))
    }
    results = _results(session, [job.id for job in ended if job.id in told and _delivers(job)])
    rows: list[dict[str, Any]] = []
    for job in ended:
        if job.id in told:
            event, at = f"job.{job.state}", job.finished_at or job.created_at
            body = written(event, at, _job_data(job, results[job.id]))
            rows += [_row(job.tenant, event, job.id, body, to) for to in told[job.id]]
    _write(session, rows)


def tell_batches(session: Session, batches: Sequence[Batch]) -> None:
    """The same for batches of which the last job has just ended."""
    listeners = _listeners(session, {batch.tenant for batch in batches})
    rows: list[dict[str, Any]] = []
    for batch in batches:
        receivers = _receivers(listeners[batch.tenant], BATCH_COMPLETED, batch.webhook_url)
        if receivers:
            at = batch.finished_at or batch.created_at
            body = written(BATCH_COMPLETED, at, _batch_data(batch))
            rows += [
                _row(batch.tenant, BATCH_COMPLETED, batch.id, body, receiver)
                for receiver in receivers
            ]
    _write(session, rows)


def tell_drift(
    session: Session, tenant: str, version_id: str, row: ScoreWatch, *, network: str
) -> None:
    """The same of a version whose scores have become others; each time anew."""
    at = row.drifted_at or row.changed_at
    told = {"version_id": version_id, "version": row.label, "network": network}
    scores = {name: one for name, one in (row.told or {}).items() if one["drifted"]}
    links = {"version": f"/v1/versions/{version_id}"}
    body = written(DRIFTED, at, told | {"scores": scores, "links": links})
    receivers = _receivers(_listeners(session, {tenant})[tenant], DRIFTED, None)
    rows = [_row(tenant, DRIFTED, version_id, body, to) for to in receivers]
    for one in rows:
        one["id"] = str(uuid5(UUID(one["id"]), at.isoformat()))  # it may drift again
    _write(session, rows)


def written(event: str, at: datetime, data: Mapping[str, Any]) -> str:
    """A body as it is signed and sent, the same bytes at every attempt."""
    whole = {"type": event, "timestamp": at.isoformat().replace("+00:00", "Z"), "data": data}
    return json.dumps(whole, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


Receiver = tuple[str | None, str]
"""An endpoint's id, or none for a job's own address; and the URL."""


def _listeners(session: Session, tenants: set[str]) -> Mapping[str, Sequence[_Listener]]:
    found: dict[str, list[_Listener]] = defaultdict(list)
    if tenants:
        told = {"tenants": as_given({"tenant": tenant} for tenant in tenants)}
        for tenant, *listener in session.execute(_enabled(session.get_bind().dialect.name), told):
            found[tenant].append(_Listener(*listener))
    return found


@cache
def _enabled(dialect: str) -> Any:
    """Asked at every end of a job: kept, because to build it takes longer than to run it."""
    tenants = given(dialect, "tenants", tenant=String())
    mine = Endpoint.tenant.in_(select(tenants.c.tenant))
    columns = select(Endpoint.tenant, Endpoint.id, Endpoint.url, Endpoint.events)
    return columns.where(mine, Endpoint.disabled_at.is_(None)).order_by(Endpoint.id)


def _receivers(endpoints: Iterable[_Listener], event: str, own: str | None) -> list[Receiver]:
    wanting = (one for one in endpoints if not one.events or event in one.events)
    receivers: list[Receiver] = [(endpoint.id, endpoint.url) for endpoint in wanting]
    return [*receivers, (None, own)] if own else receivers


def _row(tenant: str, event: str, subject: str, body: str, to: Receiver) -> dict[str, Any]:
    endpoint_id, url = to
    # One event to one receiver has one name, so that it cannot be written twice.
    name = uuid5(_EVENTS_NAMESPACE, "\n".join((subject, event, endpoint_id or url)))
    return {
        "id": str(name),
        "tenant": tenant,
        "endpoint_id": endpoint_id,
        "url": url,
        "host": authority(url),
        "event": event,
        "subject": subject,
        "body": body,
    }


def _write(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        statement = insert(session, Delivery).values(due_at=clock.now(), created_at=clock.now())
        session.execute(statement.on_conflict_do_nothing(), list(rows))


def _delivers(job: Ended) -> bool:
    return job.state == SUCCEEDED or job.error_code == "gate"


def _results(session: Session, job_ids: Sequence[str]) -> Mapping[str, Sequence[Result]]:
    found: dict[str, list[Result]] = defaultdict(list)
    if job_ids:
        of_jobs = select(Result).where(Result.job_id.in_(job_ids))
        for row in session.scalars(of_jobs.order_by(Result.job_id, Result.ordinal)):
            found[row.job_id].append(row)
    return found


def _job_data(job: Ended, results: Sequence[Result]) -> dict[str, Any]:
    names = ("op", "state", "sku", "channel", "external_id", "batch_id", "retry_of")
    return {
        "job_id": job.id,
        **{name: getattr(job, name) for name in names},
        "error_code": job.error_code if job.state != SUCCEEDED else None,
        "links": {"job": f"/v1/jobs/{job.id}", "results": f"/v1/results?job_id={job.id}"},
        "results": [_result_data(row) for row in results[:MOST_RESULTS]],
        "results_total": len(results),
    }


def _result_data(row: Result) -> dict[str, Any]:
    return {
        "id": row.id,
        "ordinal": row.ordinal,
        "visibility": row.visibility,
        **{name: _finite(getattr(row, name)) for name in _SCORES},
        **{name: bool(getattr(row, name)) for name in _FLAGS},
    }


def _batch_data(batch: Batch) -> dict[str, Any]:
    return {
        "batch_id": batch.id,
        "external_id": batch.external_id,
        "lines": batch.lines,
        "refused": batch.refused,
        "jobs": {state: getattr(batch, state) or 0 for state in TERMINAL},
        "links": {"batch": f"/v1/batches/{batch.id}"},
    }


def _finite(number: float | None) -> float | None:
    """JSON knows no infinity: two identical pictures have no psnr_db but the flag."""
    return number if number is not None and math.isfinite(number) else None
