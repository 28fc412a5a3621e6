"""Many jobs asked for together: written at once, counted, cancelled and closed as one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, func, select, tuple_, update
from sqlalchemy.orm import Session

from db import clock, jobs, outbox
from db.jobs import Draft, IdempotencyKeyReused
from db.portable import insert, insert_once
from db.tables.batches import Batch, BatchLine
from db.tables.jobs import CANCELLED, QUEUED, RUNNING, STATES, TERMINAL, Job

MOST_LINES: Final = 10_000
_OPEN = (QUEUED, RUNNING)
_AS_IT_IS_NOW: Final = {"synchronize_session": False, "populate_existing": True}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a batch: a job to be, or why it is none."""

    number: int
    draft: Draft | None = None
    problem: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Created:
    """A batch, and whether this request made it."""

    batch: Batch
    new: bool


def create(
    session: Session,
    tenant: str,
    lines: Sequence[Line],
    *,
    batch_id: str,
    digest: str,
    idempotency_key: str | None = None,
    external_id: str | None = None,
    webhook_url: str | None = None,
) -> Created:
    """A batch with all its lines and jobs, or the one that the key made before.

    Raises:
        IdempotencyKeyReused: the key belongs to another batch.
        QueueQuota: the tenant may not have so many queued jobs; the transaction must not commit.
    """
    drafts = [line.draft for line in lines if line.draft is not None]
    row = {
        "id": batch_id,
        "tenant": tenant,
        "idempotency_key": idempotency_key,
        "request_sha256": digest,
        "external_id": external_id,
        "webhook_url": webhook_url,
        "lines": len(lines),
        "refused": len(lines) - len(drafts),
        "created_at": clock.now(),
    }
    session.execute(insert_once(session, Batch, row))
    # Whoever lost the race for the key reads the winner's row.
    which = (
        Batch.id == batch_id
        if idempotency_key is None
        else and_(Batch.tenant == tenant, Batch.idempotency_key == idempotency_key)
    )
    batch = same(session.scalars(select(Batch).where(which)).one(), digest)
    new = batch.id == batch_id
    if new:
        jobs.create_many(session, tenant, drafts)
        written = [
            {
                "batch_id": batch_id,
                "number": line.number,
                "job_id": line.draft and line.draft.row["id"],
                "problem": line.problem,
            }
            for line in lines
        ]
        session.execute(insert(session, BatchLine), written)
    return Created(batch, new)


def of_key(session: Session, tenant: str, key: str) -> Batch | None:
    """The batch that this idempotency key made."""
    mine = (Batch.tenant == tenant, Batch.idempotency_key == key)
    return session.scalars(select(Batch).where(*mine)).one_or_none()


def same(batch: Batch, digest: str) -> Batch:
    """The batch, if it is what was asked for.

    Raises:
        IdempotencyKeyReused: its key belongs to another request.
    """
    if batch.request_sha256 != digest:
        key = batch.idempotency_key
        raise IdempotencyKeyReused(f"the key {key!r} was used for another batch")
    return batch


def find(session: Session, tenant: str, batch_id: str) -> Batch | None:
    mine = (Batch.tenant == tenant, Batch.id == batch_id)
    return session.scalars(select(Batch).where(*mine)).one_or_none()


def page(
    session: Session, tenant: str, *, limit: int, after: tuple[datetime, str] | None = None
) -> Sequence[Batch]:
    """Newest first, at most `limit`, older than the (created_at, id) of `after`."""
    wanted: list[ColumnElement[bool]] = [Batch.tenant == tenant]
    if after is not None:
        wanted.append(tuple_(Batch.created_at, Batch.id) < after)
    newest_first = (Batch.created_at.desc(), Batch.id.desc())
    return session.scalars(select(Batch).where(*wanted).order_by(*newest_first).limit(limit)).all()


def counts(session: Session, batches: Sequence[Batch]) -> dict[str, dict[str, int]]:
    """How many jobs of each batch are in each state; of one that is over, as it ended."""
    nothing = dict.fromkeys(STATES, 0)
    counted = {
        batch.id: nothing | {state: getattr(batch, state) or 0 for state in TERMINAL}
        for batch in batches
    }
    still_open = [batch.id for batch in batches if batch.finished_at is None]
    states = (
        select(Batch.id, Job.state, func.count())
        .join(Job, Job.batch_id == Batch.id)
        .where(Batch.id.in_(still_open))
        .group_by(Batch.id, Job.state)
    )
    if still_open:
        for batch_id, state, count in session.execute(states):
            counted[batch_id][state] = count
    return counted


def cancel(session: Session, tenant: str, batch_id: str) -> Sequence[Job]:
    """Every queued job → cancelled, every running one is asked to stop; those that changed."""
    mine = (Job.tenant == tenant, Job.batch_id == batch_id, Job.state.in_(_OPEN))
    # All of them, so nothing is skipped; and in the order in which everybody takes locks.
    in_order = select(Job.id).where(*mine).order_by(Job.id).with_for_update().cte("in_order")
    which = (Job.id.in_(select(in_order.c.id)), Job.state.in_(_OPEN))
    statement = jobs.stopping(update(Job).where(*which)).returning(Job)
    changed = session.scalars(statement.execution_options(**_AS_IT_IS_NOW)).all()
    if changed:
        asked = func.coalesce(Batch.cancel_requested_at, clock.now())
        session.execute(update(Batch).where(Batch.id == batch_id).values(cancel_requested_at=asked))
        outbox.tell(session, [job for job in changed if job.state == CANCELLED])
    return changed


def close_finished(session: Session, *, most: int = 100) -> Sequence[Batch]:
    """Batches of which no job is open any more get their finished_at and their final counts.

    A batch and its jobs are written in one transaction and a terminal state never changes: who
    sees the batch sees all of its jobs, and of two who close, one has its row.
    """
    is_open = exists().where(Job.batch_id == Batch.id, Job.state.in_(_OPEN))
    over = (
        select(Batch.id)
        .where(Batch.finished_at.is_(None), ~is_open)
        .order_by(Batch.created_at)
        .limit(most)
        .with_for_update(skip_locked=True)
        .cte("over")
    )
    statement = (
        update(Batch)
        .where(Batch.id.in_(select(over.c.id)), Batch.finished_at.is_(None))
        .values(finished_at=clock.now(), **{state: _ended_as(state) for state in TERMINAL})
        .returning(Batch)
    )
    return session.scalars(statement.execution_options(**_AS_IT_IS_NOW)).all()


def _ended_as(state: str) -> ColumnElement[int]:
    of_batch = select(func.count()).where(Job.batch_id == Batch.id, Job.state == state)
    return of_batch.scalar_subquery()
