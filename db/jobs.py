"""Jobs as their callers see them: made, found, counted, cancelled."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, select, tuple_, update
from sqlalchemy.orm import Session

from db import clock, pictures
from db.ids import new_id
from db.operations.base import MAX_SEED
from db.operations.order import Order
from db.portable import insert_once
from db.tables.jobs import CANCELLED, QUEUED, RUNNING, Job, JobInput


class IdempotencyKeyReused(ValueError):
    """The key was used before, for another request."""


@dataclass(frozen=True, slots=True)
class Created:
    """A job, and whether this request made it."""

    job: Job
    new: bool


def create(
    session: Session,
    tenant: str,
    order: Order,
    *,
    idempotency_key: str | None = None,
    retry_of: str | None = None,
) -> Created:
    """∅ → queued. The same key and request give the job that is there.

    Raises:
        IdempotencyKeyReused: the key belongs to another request.
    """
    row = _row(tenant, order, idempotency_key, retry_of)
    given = pictures.pixels(session, tenant, set(order.pictures().values()))
    row["pixels"] = order.operation.pixels(given)
    session.execute(insert_once(session, Job, row))
    # Whoever lost the race for the key reads the winner's row.
    which = (
        Job.id == row["id"]
        if idempotency_key is None
        else and_(Job.tenant == tenant, Job.idempotency_key == idempotency_key)
    )
    job = session.scalars(select(Job).where(which)).one()
    if job.request_sha256 != row["request_sha256"]:
        raise IdempotencyKeyReused(f"the key {idempotency_key!r} was used for another request")
    new = job.id == row["id"]
    if new:
        session.add_all(
            JobInput(job_id=job.id, role=role, picture_id=picture)
            for role, picture in order.pictures().items()
        )
    return Created(job, new)


def _row(
    tenant: str, order: Order, idempotency_key: str | None, retry_of: str | None
) -> dict[str, Any]:
    operation = order.operation
    asked_seed = getattr(operation, "seed", None)
    return {
        "id": new_id(),
        "tenant": tenant,
        "op": operation.op,
        "queue": operation.queue,
        "priority": order.priority,
        "request": order.model_dump_json(),
        "request_sha256": order.digest(),
        "idempotency_key": idempotency_key,
        "external_id": order.external_id,
        "sku": order.sku,
        "channel": order.channel,
        "retry_of": retry_of,
        "state": QUEUED,
        "scheduled_at": order.run_after or clock.now(),
        "deadline_at": order.deadline_at,
        "timeout_s": order.timeout_s or operation.timeout_s,
        "seed": secrets.randbelow(MAX_SEED + 1) if asked_seed is None else asked_seed,
        "created_at": clock.now(),
    }


def find(session: Session, tenant: str, job_id: str) -> Job | None:
    return session.scalars(select(Job).where(Job.tenant == tenant, Job.id == job_id)).one_or_none()


def page(
    session: Session,
    tenant: str,
    *,
    limit: int,
    after: tuple[datetime, str] | None = None,
    state: str | None = None,
    op: str | None = None,
    sku: str | None = None,
    external_id: str | None = None,
) -> Sequence[Job]:
    """Newest first, at most `limit`, older than the (created_at, id) of `after`."""
    wanted = [Job.tenant == tenant]
    for column, value in (
        (Job.state, state),
        (Job.op, op),
        (Job.sku, sku),
        (Job.external_id, external_id),
    ):
        if value is not None:
            wanted.append(column == value)
    if after is not None:
        wanted.append(tuple_(Job.created_at, Job.id) < after)
    newest_first = (Job.created_at.desc(), Job.id.desc())
    return session.scalars(select(Job).where(*wanted).order_by(*newest_first).limit(limit)).all()


def counts(session: Session, tenant: str) -> dict[str, int]:
    """How many jobs are in each state."""
    rows = session.execute(
        select(Job.state, func.count()).where(Job.tenant == tenant).group_by(Job.state)
    )
    return {state: count for state, count in rows}  # noqa: C416


def cancel(session: Session, tenant: str, job_id: str) -> Job | None:
    """Queued → cancelled; running: asks its worker to stop. None: there was nothing to cancel."""
    waiting = Job.state == QUEUED
    statement = (
        update(Job)
        .where(Job.tenant == tenant, Job.id == job_id, Job.state.in_((QUEUED, RUNNING)))
        .values(
            state=case((waiting, CANCELLED), else_=Job.state),
            finished_at=case((waiting, clock.now()), else_=None),
            error_code=case((waiting, "cancelled"), else_=Job.error_code),
            cancel_requested_at=func.coalesce(Job.cancel_requested_at, clock.now()),
            revision=Job.revision + 1,
        )
    )
    returning = statement.returning(Job).execution_options(populate_existing=True)
    return session.scalars(returning).one_or_none()
