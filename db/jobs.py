"""Jobs as their callers see them: made, found, counted, cancelled."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Update, bindparam, case, func, select, text, update
from sqlalchemy.orm import Session

from db import clock, origin, outbox, paging, pictures, tracing
from db.fence import changed
from db.ids import new_id
from db.operations.base import MAX_SEED
from db.operations.order import Order
from db.pictures import Source
from db.portable import insert, insert_of
from db.steering import by_the_first
from db.tables.jobs import CANCELLED, NOT_SUCCEEDED, QUEUED, RUNNING, SUCCEEDED, Job, JobInput
from db.tables.tenants import Tenant

# Where there is a cap, its row lets one submission count at a time.
_CAP: Final = (
    select(Tenant.max_queued)
    .where(Tenant.name == bindparam("of_tenant"), Tenant.max_queued.is_not(None))
    .with_for_update()
)


class IdempotencyKeyReused(ValueError):
    """The key was used before, for another request."""


class QueueQuota(ValueError):
    """The tenant has as many queued jobs as it may have."""


@dataclass(frozen=True, slots=True)
class Created:
    """A job, and whether this request made it."""

    job: Job
    new: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """A job before it is rows: everything but the moment."""

    row: dict[str, Any]
    inputs: list[dict[str, str]]

    def at(self, moment: Any) -> dict[str, Any]:
        """The row of a job that is made at this moment."""
        scheduled_at = self.row["scheduled_at"] or moment
        return {**self.row, "created_at": moment, "scheduled_at": scheduled_at}


def draft(
    tenant: str,
    order: Order,
    sources: Mapping[str, Source],
    *,
    digest: str | None = None,
    idempotency_key: str | None = None,
    batch_id: str | None = None,
    retry_of: str | None = None,
) -> Draft:
    """What is to be written for an order; `sources` are its pictures, as far as they are there."""
    named = order.pictures()
    row = _row(tenant, order, digest or order.digest())
    row |= {"idempotency_key": idempotency_key, "batch_id": batch_id, "retry_of": retry_of}
    row["pixels"] = order.operation.pixels(pictures.pixels(sources, named.values()))
    inputs = [{"job_id": row["id"], "role": role, "picture_id": key} for role, key in named.items()]
    return Draft(row, inputs)


def create(
    session: Session,
    tenant: str,
    order: Order,
    *,
    sources: Mapping[str, Source] | None = None,
    digest: str | None = None,
    idempotency_key: str | None = None,
    retry_of: str | None = None,
) -> Created:
    """∅ → queued. The same key and request give the job that is there.

    `digest` is the request's, where the order is no longer what the caller sent.

    Raises:
        IdempotencyKeyReused: the key belongs to another request.
        QueueQuota: the tenant has too many queued jobs; the transaction must not commit.
    """
    if sources is None:
        sources = pictures.resolve_many(session, tenant, order.pictures().values())
    made = draft(
        tenant, order, sources, digest=digest, idempotency_key=idempotency_key, retry_of=retry_of
    )
    job = session.scalars(*_inserting(session, made.row)).one_or_none()
    if job is None:  # whoever lost the race for the key reads the winner's row
        same = (Job.tenant == tenant, Job.idempotency_key == idempotency_key)
        job = session.scalars(select(Job).where(*same)).one()
    if (job.request_sha256, job.retry_of) != (made.row["request_sha256"], retry_of):
        raise IdempotencyKeyReused(f"the key {idempotency_key!r} was used for another request")
    new = job.id == made.row["id"]
    if new:
        # After the row, so that a repeated request is answered however long the queue is.
        _check_quota(session, tenant, more=0)
        if made.inputs:
            # By the connection: nothing of a session's is needed for rows that nobody reads here.
            session.connection().execute(insert(session, JobInput), made.inputs)
    return Created(job, new)


def _inserting(session: Session, row: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The statement that writes a job now, once, and what to write."""
    dialect = session.get_bind().dialect.name
    if row["scheduled_at"] is None:
        given = {name: value for name, value in row.items() if name != "scheduled_at"}
        return _insert(dialect, "created_at", "scheduled_at"), given
    return _insert(dialect, "created_at"), row


@cache
def _insert(dialect: str, *now: str) -> Any:
    """Kept, because to build it for thirty columns takes longer than to run it."""
    statement = insert_of(dialect, Job).values(dict.fromkeys(now, clock.now()))
    return statement.on_conflict_do_nothing().returning(Job)


def create_many(session: Session, tenant: str, drafts: Sequence[Draft]) -> None:
    """∅ → queued for all of a tenant's drafts, or for none.

    Raises:
        QueueQuota: they would be too many; nothing was written.
    """
    _check_quota(session, tenant, more=len(drafts))
    now = session.scalar(select(clock.now()))
    inputs = [one for made in drafts for one in made.inputs]
    # Nobody erases them before the jobs that use them can be seen; which are gone shows in the run.
    pictures.resolve_many(session, tenant, [one["picture_id"] for one in inputs], hold=True)
    for table, rows in ((Job, [made.at(now) for made in drafts]), (JobInput, inputs)):
        if rows:
            session.execute(insert(session, table), rows)


def _check_quota(session: Session, tenant: str, *, more: int) -> None:
    """Whether a tenant may have so many queued jobs more; asks nothing of jobs without a cap.

    Raises:
        QueueQuota: with how many it may have.
    """
    most = session.scalar(_CAP, {"of_tenant": tenant})
    if most is None:
        return
    queued = (
        select(Job.id)
        .where(text(NOT_SUCCEEDED), Job.tenant == tenant, Job.state == QUEUED)
        .limit(most + 1)
    )
    count = session.scalar(select(func.count()).select_from(queued.subquery())) or 0
    if count + more > most:
        raise QueueQuota(f"{most} queued jobs is the most; try again when some have begun")


def _row(tenant: str, order: Order, digest: str) -> dict[str, Any]:
    operation, asked = order.operation, origin.current()
    asked_seed = getattr(operation, "seed", None)
    return {
        "id": new_id(),
        "tenant": tenant,
        "op": operation.op,
        "queue": operation.queue,
        "priority": order.priority,
        "request": order.model_dump_json(),
        "request_sha256": digest,
        "external_id": order.external_id,
        "sku": order.sku,
        "channel": order.channel,
        "webhook_url": order.webhook_url,
        "state": QUEUED,
        "scheduled_at": order.run_after,
        "deadline_at": order.deadline_at,
        "timeout_s": order.timeout_s or operation.timeout_s,
        "seed": secrets.randbelow(MAX_SEED + 1) if asked_seed is None else asked_seed,
        "request_id": asked.request_id,
        "made_by": asked.made_by,
        "traceparent": tracing.traceparent(),
    }


def find(session: Session, tenant: str, job_id: str) -> Job | None:
    return session.scalars(select(Job).where(Job.tenant == tenant, Job.id == job_id)).one_or_none()


def has_key(session: Session, tenant: str, key: str) -> bool:
    """Whether a job was placed under this idempotency key."""
    named = select(Job.id).where(Job.tenant == tenant, Job.idempotency_key == key)
    return session.scalar(named) is not None


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
    wanted: list[Any] = [Job.tenant == tenant]
    seldom = None if state == SUCCEEDED else state  # nearly all jobs have succeeded
    few = (Job.external_id, external_id), (Job.sku, sku), (Job.state, seldom), (Job.op, op)
    wanted += by_the_first(few)
    if state == SUCCEEDED:
        wanted.append(Job.state == state)
    elif state is not None and sku is None and external_id is None:
        wanted.append(text(f"job.{NOT_SUCCEEDED}"))  # what the partial index says of itself
    by = (Job.created_at, Job.id)
    return paging.newest(session, select(Job).where(*wanted), by, limit=limit, after=after)


def cancel(session: Session, tenant: str, job_id: str) -> Job | None:
    """Queued → cancelled; running: asks its worker to stop. None: there was nothing to cancel."""
    which = (Job.tenant == tenant, Job.id == job_id, Job.state.in_((QUEUED, RUNNING)))
    cancelled = changed(session, stopping(update(Job).where(*which)))
    outbox.tell(session, cancelled)
    return next(iter(cancelled), None)


def stopping(statement: Update) -> Update:
    """Of open jobs, the queued end now, and the running ones' workers are asked to stop."""
    waiting = Job.state == QUEUED
    return statement.values(
        state=case((waiting, CANCELLED), else_=Job.state),
        finished_at=case((waiting, clock.now()), else_=None),
        error_code=case((waiting, "cancelled"), else_=Job.error_code),
        cancel_requested_at=func.coalesce(Job.cancel_requested_at, clock.now()),
        revision=Job.revision + 1,
    )
