"""What workers do to jobs: each arrow of the state machine is one guarded statement.

The rows that RETURNING gives decide what happened, never a count. A terminal state never changes.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Update, and_, case, exists, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from db import attempts, clock
from db.tables.jobs import CANCELLED, DEAD, FAILED, QUEUED, RUNNING, SUCCEEDED, Job, Queue
from db.tables.versions import Epoch

SOLO_FROM_CRASH = 2
DEAD_AT_CRASH = 4
LONGEST_BACK_OFF_S = 600.0
_IN_ORDER = (Job.priority, Job.scheduled_at, Job.id)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write a job's outcome: only its owner with its token holds it."""

    job_id: str
    owner: str
    token: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job in line: how much room it takes, and whether it must be alone."""

    pixels: int
    solo: bool


def line(session: Session, queue: str, *, known: Iterable[str], most: int) -> list[Waiting]:
    """The first that a claim would take, in their order: cheap, and asked often."""
    rows = session.execute(
        select(Job.pixels, Job.solo)
        .where(*_due(queue), Job.op.in_(list(known)))
        .order_by(*_IN_ORDER)
        .limit(most)
    )
    return [Waiting(pixels, solo) for pixels, solo in rows]


def claim(
    session: Session,
    *,
    queue: str,
    owner: str,
    device: str,
    room: int,
    lease_s: float,
    known: Iterable[str],
    solo: bool = False,
) -> Sequence[Job]:
    """Queued → running: the due rows first in line, as many as there is room for.

    A solo job is one that took its worker down twice; it is claimed by `solo`, alone.
    """
    first_in_line = (
        select(Job.id)
        .where(*_due(queue), Job.op.in_(list(known)), Job.solo.is_(solo))
        .order_by(*_IN_ORDER)
        .limit(room)
        .with_for_update(skip_locked=True)
        # A CTE, because PostgreSQL runs a subquery again for every row and so takes all of them.
        .cte("first_in_line")
    )
    statement = (
        update(Job)
        .where(Job.id.in_(select(first_in_line.c.id)), Job.state == QUEUED)
        .values(
            state=RUNNING,
            attempt=Job.attempt + 1,
            lease_token=Job.lease_token + 1,
            lease_owner=owner,
            lease_expires_at=clock.seconds_from_now(lease_s),
            started_at=clock.now(),
            progress=None,
            revision=Job.revision + 1,
        )
    )
    claimed = _changed(session, statement)
    attempts.begin(session, claimed, worker=owner, device=device)
    return sorted(claimed, key=lambda job: (job.priority, job.scheduled_at, job.id))


def renew(session: Session, owner: str, leases: Iterable[Lease], *, lease_s: float) -> set[Lease]:
    """Running → running: which of my leases hold, longer now; no job outlives its time-out."""
    held = list(leases)
    statement = (
        update(Job)
        .where(
            Job.state == RUNNING,
            Job.lease_owner == owner,
            tuple_(Job.id, Job.lease_token).in_([(lease.job_id, lease.token) for lease in held]),
            Job.started_at > clock.seconds_from_now(-Job.timeout_s),
        )
        .values(lease_expires_at=clock.seconds_from_now(lease_s))
    )
    return {Lease(job.id, owner, job.lease_token) for job in _changed(session, statement)}


def is_held(session: Session, lease: Lease) -> bool:
    """Whether the lease is still good for a commit."""
    return bool(session.scalar(select(exists().where(_mine(lease)))))


def cancels_asked(session: Session, leases: Iterable[Lease]) -> set[str]:
    """Which of these jobs somebody wants cancelled."""
    ids = [lease.job_id for lease in leases]
    asked = select(Job.id).where(Job.id.in_(ids), Job.cancel_requested_at.is_not(None))
    return set(session.scalars(asked))


def report_progress(session: Session, lease: Lease, progress: dict[str, Any]) -> bool:
    """Running → running, with how far it is."""
    statement = update(Job).where(_mine(lease)).values(progress=progress, revision=Job.revision + 1)
    return bool(_changed(session, statement))


def succeed(session: Session, lease: Lease, *, report: dict[str, Any] | None = None) -> bool:
    """Running → succeeded. False: the lease was lost, and nothing may be written.

    A cancel that came too late is answered by the result.
    """
    return _finish(session, lease, SUCCEEDED, report=report)


def fail(
    session: Session, lease: Lease, *, code: str, detail: str, report: dict[str, Any] | None = None
) -> bool:
    """Running → failed, for what no further attempt would mend."""
    return _finish(session, lease, FAILED, code=code, detail=detail, report=report)


def cancel_running(session: Session, lease: Lease) -> bool:
    """Running → cancelled, when the flag is set and the worker has stopped."""
    asked = Job.cancel_requested_at.is_not(None)
    return _finish(session, lease, CANCELLED, code="cancelled", detail="cancelled", also=asked)


def retry(session: Session, lease: Lease, *, code: str, detail: str) -> str | None:
    """Running → queued after a growing pause, or → dead when the attempts are spent."""
    seconds = func.pow(2.0, Job.attempt)
    pause = case((seconds > LONGEST_BACK_OFF_S, LONGEST_BACK_OFF_S), else_=seconds)
    jitter = 0.8 + 0.4 * secrets.randbelow(1000) / 1000
    return _give_back(
        session,
        lease,
        outcome="retry",
        dead_if=Job.attempt >= Job.max_attempts,
        scheduled_at=clock.seconds_from_now(pause * jitter),
        code=code,
        detail=detail,
    )


def release(session: Session, lease: Lease) -> str | None:
    """Running → queued, due now, as if it had not been tried: drain, or a neighbour's fault."""
    return _give_back(session, lease, outcome="release", attempt=Job.attempt - 1)


def crash(session: Session, lease: Lease, *, detail: str) -> str | None:
    """Running → queued, counted as a crash: my process is about to end."""
    return _give_back(
        session,
        lease,
        outcome="crash",
        attempt=Job.attempt - 1,
        crashes=1,
        dead_if=Job.crash_count + 1 >= DEAD_AT_CRASH,
        code="worker_crashed",
        detail=detail,
    )


def sweep(session: Session) -> Sequence[Job]:
    """Running → queued, cancelled or dead, for every lease that ran out; the token moves on."""
    overtime = Job.started_at <= clock.seconds_from_now(-Job.timeout_s)
    # A training job that got through an epoch goes on from there: its worker's end is no crash.
    advanced = exists().where(Epoch.job_id == Job.id, Epoch.created_at > Job.started_at)
    expired = (
        select(Job.id)
        .where(Job.state == RUNNING, Job.lease_expires_at < clock.now())
        .order_by(Job.id)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    statement = _back_in_line(
        update(Job).where(Job.id.in_(expired), Job.state == RUNNING),
        attempt=case((overtime, Job.attempt), else_=Job.attempt - 1),
        crashes=(crashes := case((or_(overtime, advanced), 0), else_=1)),
        dead_if=case(
            (overtime, Job.attempt >= Job.max_attempts),
            else_=Job.crash_count + crashes >= DEAD_AT_CRASH,
        ),
        scheduled_at=Job.scheduled_at,
        code=case((overtime, "timeout"), else_="worker_lost"),
        detail=case(
            (overtime, "the job ran longer than its timeout_s"),
            else_="the worker stopped renewing its lease",
        ),
    )
    swept = _changed(session, statement.values(lease_token=Job.lease_token + 1))
    for job in swept:
        attempts.end(session, job.id, job.lease_token - 1, outcome="swept", error=job.error_code)
    return swept


def expire(session: Session) -> Sequence[Job]:
    """Queued → failed `deadline`, for what nobody waits for any more."""
    statement = (
        update(Job)
        .where(Job.state == QUEUED, Job.deadline_at < clock.now())
        .values(
            state=FAILED,
            finished_at=clock.now(),
            error_code="deadline",
            error_detail="the deadline passed before a worker was free",
            revision=Job.revision + 1,
        )
    )
    return _changed(session, statement)


def _due(queue: str) -> tuple[ColumnElement[bool], ...]:
    paused = exists().where(Queue.name == queue, Queue.paused_at.is_not(None))
    return (
        Job.state == QUEUED,
        Job.queue == queue,
        Job.scheduled_at <= clock.now(),
        or_(Job.deadline_at.is_(None), Job.deadline_at > clock.now()),
        ~paused,
    )


def _mine(lease: Lease) -> ColumnElement[bool]:
    """The fence: a slow worker that lost its lease changes nothing."""
    return and_(
        Job.id == lease.job_id,
        Job.state == RUNNING,
        Job.lease_owner == lease.owner,
        Job.lease_token == lease.token,
    )


def _finish(
    session: Session,
    lease: Lease,
    state: str,
    *,
    code: str | None = None,
    detail: str | None = None,
    report: dict[str, Any] | None = None,
    also: ColumnElement[bool] | None = None,
) -> bool:
    guard = _mine(lease) if also is None else and_(_mine(lease), also)
    statement = (
        update(Job)
        .where(guard)
        .values(
            state=state,
            finished_at=clock.now(),
            lease_owner=None,
            lease_expires_at=None,
            error_code=code,
            error_detail=detail,
            report=report,
            revision=Job.revision + 1,
        )
    )
    done = bool(_changed(session, statement))
    if done:
        attempts.end(session, lease.job_id, lease.token, outcome=state, error=detail)
    return done


def _give_back(
    session: Session,
    lease: Lease,
    *,
    outcome: str,
    attempt: Any = None,
    crashes: int = 0,
    dead_if: Any = None,
    scheduled_at: Any = None,
    code: str | None = None,
    detail: str | None = None,
) -> str | None:
    """Running → queued, cancelled or dead; returns which, or None when the lease was lost."""
    statement = _back_in_line(
        update(Job).where(_mine(lease)),
        attempt=Job.attempt if attempt is None else attempt,
        crashes=crashes,
        dead_if=dead_if,
        # Who did not fail keeps their place in line.
        scheduled_at=Job.scheduled_at if scheduled_at is None else scheduled_at,
        code=code,
        detail=detail,
    )
    for job in _changed(session, statement):
        attempts.end(session, lease.job_id, lease.token, outcome=outcome, error=detail)
        return job.state
    return None


def _back_in_line(
    statement: Update,
    *,
    attempt: Any,
    crashes: Any,
    dead_if: Any,
    scheduled_at: Any,
    code: Any,
    detail: Any,
) -> Update:
    cancelled = Job.cancel_requested_at.is_not(None)
    ends = [(cancelled, CANCELLED)]
    if dead_if is not None:
        ends.append((dead_if, DEAD))
    state = case(*ends, else_=QUEUED)
    over = cancelled if dead_if is None else or_(cancelled, dead_if)
    return statement.values(
        state=state,
        finished_at=case((over, clock.now()), else_=None),
        attempt=attempt,
        crash_count=Job.crash_count + crashes,
        solo=or_(Job.solo, Job.crash_count + crashes >= SOLO_FROM_CRASH),
        scheduled_at=scheduled_at,
        lease_owner=None,
        lease_expires_at=None,
        error_code=code,
        error_detail=detail,
        revision=Job.revision + 1,
    )


def _changed(session: Session, statement: Update) -> Sequence[Job]:
    """The rows that a guarded UPDATE changed, as they are now."""
    returning = statement.returning(Job).execution_options(
        synchronize_session=False, populate_existing=True
    )
    return session.scalars(returning).all()
