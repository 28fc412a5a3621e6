"""Many jobs asked for together: written at once, counted, cancelled and closed as one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, exists, func, select, update
from sqlalchemy.orm import Session

from db import clock, fence, jobs, outbox, paging
from db.jobs import Draft, IdempotencyKeyReused
from db.portable import insert, insert_once
from db.tables.batches import Batch, BatchLine
from db.tables.jobs import QUEUED, RUNNING, STATES, TERMINAL, Job

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
    written = insert_once(session, Batch, row).returning(Batch)
    batch = session.scalars(written).one_or_none()
    if batch is None:  # whoever lost the race for the key reads the winner's row
        winner = session.scalars(_of_key(tenant, idempotency_key)).one()
        return Created(same(winner, digest), new=False)
    jobs.create_many(session, tenant, drafts)
    session.execute(insert(session, BatchLine), [_line(batch_id, line) for line in lines])
    return Created(batch, new=True)


def _line(batch_id: str, line: Line) -> dict[str, Any]:
    job_id = line.draft and line.draft.row["id"]
    number, problem = line.number, line.problem
    return {"batch_id": batch_id, "number": number, "job_id": job_id, "problem": problem}


def of_key(session: Session, tenant: str, key: str) -> Batch | None:
    """The batch that this idempotency key made."""
    return session.scalars(_of_key(tenant, key)).one_or_none()


def _of_key(tenant: str, key: str | None) -> Select[Batch]:
    return select(Batch).where(Batch.tenant == tenant, Batch.idempotency_key == key)


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
    mine, by = select(Batch).where(Batch.tenant == tenant), (Batch.created_at, Batch.id)
    return paging.newest(session, mine, by, limit=limit, after=after)


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
    which = (Job.id.in_(fence.in_order(*mine)), Job.state.in_(_OPEN))
    changed = fence.changed(session, jobs.stopping(update(Job).where(*which)))
    if changed:
        asked = func.coalesce(Batch.cancel_requested_at, clock.now())
        session.execute(update(Batch).where(Batch.id == batch_id).values(cancel_requested_at=asked))
        outbox.tell(session, changed)
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
