"""Who may change a job: the lease, the locks, and the rows that a guarded statement changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Update, and_, select, tuple_
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from db import clock
from db.tables.jobs import RUNNING, Job


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write a job's outcome: only its owner with its token holds it."""

    job_id: str
    owner: str
    token: int


def mine(lease: Lease) -> ColumnElement[bool]:
    """The fence: a slow worker that lost its lease changes nothing."""
    return any_of(lease.owner, [lease])


def any_of(owner: str, leases: Iterable[Lease]) -> ColumnElement[bool]:
    """The fence around several jobs of one owner."""
    held = [(lease.job_id, lease.token) for lease in leases]
    return and_(
        Job.state == RUNNING, Job.lease_owner == owner, tuple_(Job.id, Job.lease_token).in_(held)
    )


def in_order(*conditions: ColumnElement[bool]) -> Select[str]:
    """Their ids, locked in the order in which everybody locks: no two groups wait in a circle."""
    rows = select(Job.id).where(*conditions).order_by(Job.id).with_for_update().cte("in_order")
    # A CTE, because PostgreSQL runs a subquery again for every row.
    return select(rows.c.id)


def unlocked(
    condition: ColumnElement[bool], *, first: Any = Job.id, most: int | None = None
) -> Select[str]:
    """Their ids, locked; what somebody else is changing just now is left to them."""
    rows = select(Job.id).where(condition).order_by(first).limit(most)
    return select(rows.with_for_update(skip_locked=True).cte("unlocked").c.id)


def over(state: Any, *, code: Any, detail: Any) -> dict[str, Any]:
    """What every end writes into the row of a job, running or not."""
    return {
        "state": state,
        "finished_at": clock.now(),
        "lease_owner": None,
        "lease_expires_at": None,
        "error_code": code,
        "error_detail": detail,
        "revision": Job.revision + 1,
    }


def changed(session: Session, statement: Update) -> Sequence[Job]:
    """The rows that a guarded UPDATE changed, as they are now."""
    return session.scalars(returning_jobs(statement)).all()


def returning_jobs(statement: Update) -> ReturningUpdate[Job]:
    """A guarded UPDATE that tells the rows which it changed, as they are now."""
    return statement.returning(Job).execution_options(
        synchronize_session=False, populate_existing=True
    )
