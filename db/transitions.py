"""What workers do to jobs: each arrow of the state machine is one guarded statement.

The rows that RETURNING gives decide what happened, never a count. A terminal state never changes,
and whoever wants to hear of it is written into the outbox by the same transaction.
"""

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    Float,
    Integer,
    String,
    Update,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from db import attempts, clock, line, outbox, results, stages
from db.attempts import Ending
from db.fence import Lease, any_of, changed, mine, over, returning_jobs, unlocked
from db.line import Waiting
from db.portable import as_given, given, json_text
from db.tables.jobs import (
    AS_QUEUED,
    AS_RUNNING,
    CANCELLED,
    DEAD,
    FAILED,
    QUEUED,
    RUNNING,
    SUCCEEDED,
    Job,
)
from db.tables.results import Result
from db.tables.stages import Stage
from db.tables.trials import Trial
from db.tables.versions import Epoch

SOLO_FROM_CRASH = 2
DEAD_AT_CRASH = 4
LONGEST_BACK_OFF_S = 600.0
MOST_AT_ONCE = 1_000
"""Rows that one sweep may lock."""


_OF_AN_END = (
    *("id", "tenant", "op", "state", "sku", "channel", "external_id", "batch_id", "retry_of"),
    *("webhook_url", "error_code", "error_detail", "lease_token", "created_at", "finished_at"),
)
"""Columns that tell of it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a running job ends: `succeeded`, or `failed` for what no further attempt would mend."""

    lease: Lease
    state: str
    code: str | None = None
    detail: str | None = None
    report: dict[str, Any] | None = None
    results: Sequence[Result] = ()
    stages: Sequence[Stage] = ()


@dataclass(frozen=True, slots=True)
class Stops:
    """Jobs in hand that should end: somebody wants them cancelled, or nobody waits any more."""

    cancelled: frozenset[str]
    late: frozenset[str]


def claim(
    session: Session, chosen: Sequence[Waiting], *, owner: str, device: str, lease_s: float
) -> Sequence[Job]:
    """Queued → running: what `line` gave in this transaction and there is room for, in its order.

    No lease is longer than the job's own time-out.
    """
    if not chosen:
        return []
    order = {one.id: place for place, one in enumerate(chosen)}
    told = {
        "chosen": as_given({"id": job_id} for job_id in order),
        "owner": owner,
        "lease_s": lease_s,
    }
    statement = _claim(session.get_bind().dialect.name)
    claimed = sorted(session.scalars(statement, told), key=lambda job: order[job.id])
    attempts.begin(session, claimed, worker=owner, device=device)
    for queue in {job.queue for job in claimed}:
        line.take_turns(session, queue, (job.tenant for job in claimed if job.queue == queue))
    return claimed


@cache
def _claim(dialect: str) -> Any:
    chosen = given(dialect, "chosen", id=String())
    lease_s = bindparam("lease_s", type_=Float)
    statement = (
        update(Job)
        .where(Job.id.in_(select(chosen.c.id)), Job.state == QUEUED)
        .values(
            state=RUNNING,
            attempt=Job.attempt + 1,
            lease_token=Job.lease_token + 1,
            lease_owner=bindparam("owner"),
            lease_expires_at=clock.seconds_from_now(
                case((Job.timeout_s < lease_s, Job.timeout_s), else_=lease_s)
            ),
            started_at=clock.now(),
            progress=None,
            revision=Job.revision + 1,
        )
    )
    return returning_jobs(statement)


def fix_versions(session: Session, versions: Mapping[str, Mapping[str, str]]) -> None:
    """Of jobs that this transaction has claimed, by their ids: what all their attempts use."""
    if versions:
        rows = ({"id": job, "versions": json.dumps(fixed)} for job, fixed in versions.items())
        statement = _fix_versions(session.get_bind().dialect.name)
        session.connection().execute(statement, {"fixed": as_given(rows)})


@cache
def _fix_versions(dialect: str) -> Update:
    fixed = given(dialect, "fixed", id=String(), versions=String())
    versions = json_text(dialect, fixed.c.versions)
    return update(Job).where(Job.id == fixed.c.id).values(versions=versions)


def renew(session: Session, owner: str, leases: Iterable[Lease], *, lease_s: float) -> set[Lease]:
    """Running → running: which of my leases hold, longer now; no job outlives its time-out."""
    ends = clock.seconds_after(Job.started_at, Job.timeout_s)
    longer = clock.seconds_from_now(lease_s)
    held = and_(any_of(owner, leases), ends > clock.now())
    statement = (
        update(Job)
        .where(Job.id.in_(unlocked(held)), held)
        .values(lease_expires_at=case((ends < longer, ends), else_=longer))
    )
    return {Lease(job.id, owner, job.lease_token) for job in changed(session, statement)}


def is_held(session: Session, lease: Lease) -> bool:
    """Whether the lease is still good for a commit."""
    return bool(session.scalar(select(exists().where(mine(lease)))))


def stops(session: Session, leases: Iterable[Lease]) -> Stops:
    """Which of these jobs need not be worked on any longer."""
    ids = [lease.job_id for lease in leases]
    if not ids:
        return Stops(frozenset(), frozenset())
    late = func.coalesce(Job.deadline_at < clock.now(), False)
    asked = Job.cancel_requested_at.is_not(None)
    found = session.execute(
        select(Job.id, asked, late).where(Job.id.in_(ids), or_(asked, late))
    ).all()
    return Stops(
        cancelled=frozenset(job_id for job_id, is_asked, _ in found if is_asked),
        late=frozenset(job_id for job_id, is_asked, _ in found if not is_asked),
    )


def report_progress(session: Session, lease: Lease, progress: dict[str, Any]) -> bool:
    """Running → running, with how far it is."""
    statement = update(Job).where(mine(lease)).values(progress=progress, revision=Job.revision + 1)
    return bool(changed(session, statement))


def finish(session: Session, outcomes: Sequence[Outcome]) -> set[Lease]:
    """Running → succeeded or failed, with their results, for all whose lease still holds.

    Several owners' outcomes do not mix. A cancel that came too late is answered by the result.
    """
    if not outcomes:
        return set()
    # A process that was frozen may bring two attempts at one job: only the later can hold it.
    by_id = {one.lease.job_id: one for one in sorted(outcomes, key=lambda one: one.lease.token)}
    told = {"owner": outcomes[0].lease.owner, "outcomes": as_given(map(_told, by_id.values()))}
    # By the connection: of forty columns an end needs a few, and no row of a session any.
    done = session.connection().execute(_finish(session.get_bind().dialect.name), told).all()
    results.add(session, [row for job in done for row in by_id[job.id].results])
    stages.add(session, [row for job in done for row in by_id[job.id].stages])
    attempts.end(session, [Ending(j.id, j.lease_token, j.state, j.error_detail) for j in done])
    outbox.tell(session, done)
    return {by_id[job.id].lease for job in done}


def _told(outcome: Outcome) -> dict[str, Any]:
    lease, report = outcome.lease, outcome.report
    return {
        "id": lease.job_id,
        "token": lease.token,
        "state": outcome.state,
        "code": outcome.code,
        "detail": outcome.detail,
        "report": None if report is None else json.dumps(report),
    }


@cache
def _finish(dialect: str) -> Any:
    text, number = String(), Integer()
    ends = given(
        dialect, "outcomes", id=text, token=number, state=text, code=text, detail=text, report=text
    )
    # The fence, and its rows locked in the order in which everybody locks.
    held = (
        select(*ends.c)
        .join(Job, Job.id == ends.c.id)
        .where(
            Job.state == RUNNING,
            Job.lease_owner == bindparam("owner"),
            Job.lease_token == ends.c.token,
        )
        .order_by(Job.id)
        .with_for_update(of=Job)
        .cte("held")
    )
    statement = (
        update(Job)
        .where(Job.id == held.c.id, Job.state == RUNNING, Job.lease_token == held.c.token)
        .values(over(held.c.state, code=held.c.code, detail=held.c.detail))
        .values(report=json_text(dialect, held.c.report))
    )
    return statement.returning(*(getattr(Job, name) for name in _OF_AN_END))


def succeed(session: Session, lease: Lease, *, report: dict[str, Any] | None = None) -> bool:
    """Running → succeeded. False: the lease was lost, and nothing may be written."""
    return bool(finish(session, [Outcome(lease, SUCCEEDED, report=report)]))


def fail(session: Session, lease: Lease, *, code: str, detail: str) -> bool:
    """Running → failed, for what no further attempt would mend."""
    return bool(finish(session, [Outcome(lease, FAILED, code=code, detail=detail)]))


def has_ended_so(session: Session, outcome: Outcome) -> bool:
    """Whether this very attempt has already ended like that: a commit whose answer was lost."""
    lease = outcome.lease
    return attempts.outcome(session, lease.job_id, lease.token) == outcome.state


def cancel_running(session: Session, lease: Lease) -> bool:
    """Running → cancelled, when the flag is set and the worker has stopped."""
    statement = (
        update(Job)
        .where(mine(lease), Job.cancel_requested_at.is_not(None))
        .values(over(CANCELLED, code="cancelled", detail="cancelled"))
    )
    done = changed(session, statement)
    attempts.end(session, [Ending(job.id, lease.token, CANCELLED, None) for job in done])
    outbox.tell(session, done)
    return bool(done)


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


def sweep(session: Session, *, most: int = MOST_AT_ONCE) -> Sequence[Job]:
    """Running → queued, cancelled or dead, for every lease that ran out; the token moves on."""
    overtime = clock.seconds_after(Job.started_at, Job.timeout_s) <= clock.now()
    # A training job that got through an epoch goes on from there: its worker's end is no crash.
    advanced = or_(
        exists().where(Epoch.job_id == Job.id, Epoch.created_at > Job.started_at),
        exists().where(Trial.job_id == Job.id, Trial.changed_at > Job.started_at),
    )
    expired = and_(Job.state == AS_RUNNING, Job.lease_expires_at < clock.now())
    these = unlocked(expired, first=Job.lease_expires_at, most=most)
    statement = _back_in_line(
        update(Job).where(Job.id.in_(these), Job.state == RUNNING),
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
    swept = changed(session, statement.values(lease_token=Job.lease_token + 1))
    attempts.end(
        session, [Ending(job.id, job.lease_token - 1, "swept", job.error_code) for job in swept]
    )
    outbox.tell(session, swept)
    return swept


def expire(session: Session, *, most: int = MOST_AT_ONCE) -> Sequence[Job]:
    """Queued → failed `deadline`, for what nobody waits for any more."""
    too_late = "the deadline passed before a worker was free"
    passed = and_(Job.state == AS_QUEUED, Job.deadline_at < clock.now())
    statement = (
        update(Job)
        .where(Job.id.in_(unlocked(passed, first=Job.deadline_at, most=most)), Job.state == QUEUED)
        .values(over(FAILED, code="deadline", detail=too_late))
    )
    expired = changed(session, statement)
    outbox.tell(session, expired)
    return expired


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
        update(Job).where(mine(lease)),
        attempt=Job.attempt if attempt is None else attempt,
        crashes=crashes,
        dead_if=dead_if,
        # Who did not fail keeps their place in line.
        scheduled_at=Job.scheduled_at if scheduled_at is None else scheduled_at,
        code=code,
        detail=detail,
    )
    back = changed(session, statement)
    attempts.end(session, [Ending(job.id, lease.token, outcome, detail) for job in back])
    outbox.tell(session, back)
    return next((job.state for job in back), None)


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
