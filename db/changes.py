"""What has changed since the last look: narrow questions for all who listen, however many."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from db import batches, clock
from db.steering import beside
from db.tables.batches import Batch
from db.tables.jobs import AS_RUNNING, Job
from db.tables.versions import Epoch

SETTLES_WITHIN: Final = timedelta(seconds=10)
"""So long after the moment that it bears, a row may still come into sight."""
MOST_AT_ONCE: Final = 10_000
"""Of a tenant's jobs, those that one look tells of: the newest."""
_LEARNING: Final = ("train", "compress")
_TOLD: Final = (
    *("id", "tenant", "op", "state", "revision", "attempt", "max_attempts", "sku", "external_id"),
    *("batch_id", "progress", "error_code", "error_detail", "created_at", "started_at"),
    *("finished_at", "cancel_requested_at"),
)


Key = tuple[str, str]
"""A tenant, and the id of a job of theirs."""


@dataclass(frozen=True, slots=True)
class JobSeen:
    """A job as it was at one look; of a training the epochs that had come since the last.

    Attributes:
        row: its columns, by name.
        at: when it was seen, by the database's clock.
    """

    id: str
    revision: int
    row: Mapping[str, Any]
    at: datetime
    epochs: tuple[Epoch, ...] = ()

    @property
    def state(self) -> str:
        state: str = self.row["state"]
        return state


@dataclass(frozen=True, slots=True)
class BatchSeen:
    """A batch as it was at one look, with how many of its jobs were in which state."""

    id: str
    batch: Batch
    counts: Mapping[str, int]
    at: datetime


@dataclass(frozen=True, slots=True)
class Gone:
    """It is no longer there, or never was."""

    id: str


@dataclass(frozen=True, slots=True)
class JobMark:
    """What is known of a job: the last revision and epoch that were seen."""

    revision: int = -1
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class TenantMark:
    """What is known of a tenant's jobs.

    Attributes:
        since: everything older was seen.
        known: revisions of those that a look may meet again.
        running: those that were running.
    """

    since: datetime | None = None
    known: Mapping[str, int] = field(default_factory=dict)
    running: frozenset[str] = frozenset()


def of_jobs(session: Session, marks: Mapping[Key, JobMark]) -> Mapping[Key, JobSeen | Gone]:
    """Those whose job has another revision than was known, or is not there."""
    revisions = _of_pairs(session, marks)
    changed = [key for key, mark in marks.items() if revisions.get(key) != mark.revision]
    seen = _seen(session, (job_id for tenant, job_id in changed if (tenant, job_id) in revisions))
    behind = {one.id: marks[_key(one)].epoch for one in seen.values() if _learns(one)}
    epochs = _epochs(session, behind)
    told: dict[Key, JobSeen | Gone] = {key: Gone(key[1]) for key in changed}
    for one in seen.values():
        told[_key(one)] = replace(one, epochs=epochs.get(one.id, ()))
    return told


def of_batch(session: Session, tenant: str, batch_id: str) -> BatchSeen | Gone:
    """A batch as it is now."""
    mine = (Batch.tenant == tenant, Batch.id == batch_id)
    found = session.execute(select(Batch, clock.now()).where(*mine)).one_or_none()
    if found is None:
        return Gone(batch_id)
    batch, now = found
    return BatchSeen(batch_id, batch, batches.counts(session, [batch])[batch_id], now)


def of_tenant(
    session: Session, tenant: str, mark: TenantMark
) -> tuple[TenantMark, Sequence[JobSeen]]:
    """The tenant's jobs that were made, begun, ended or got on since the last look.

    A queued job only waits: what can happen to it shows in when it was made, runs or ended.
    """
    now: datetime = session.execute(select(clock.now())).scalar_one()
    since = (mark.since or now) - SETTLES_WITHIN
    # Three narrow questions, each answered by an index of its own.
    running = _revisions(session, tenant, Job.state == AS_RUNNING)
    found = dict(running)
    for moment in (Job.created_at, Job.finished_at):
        found |= _revisions(session, tenant, moment >= since, newest=moment)
    put_back = mark.running - found.keys()
    found |= _revisions(session, tenant, Job.id.in_(put_back)) if put_back else {}
    changed = [job_id for job_id, revision in found.items() if mark.known.get(job_id) != revision]
    seen = sorted(_seen(session, changed).values(), key=_moment)
    return TenantMark(now, found, frozenset(running)), seen


def _of_pairs(session: Session, keys: Collection[Key]) -> dict[Key, int]:
    tenants, job_ids = {tenant for tenant, _ in keys}, {job_id for _, job_id in keys}
    mine = (Job.id.in_(job_ids), Job.tenant.in_(tenants))
    found = session.execute(select(Job.tenant, Job.id, Job.revision).where(*mine))
    return {(tenant, job_id): revision for tenant, job_id, revision in found}


def _revisions(
    session: Session, tenant: str, which: ColumnElement[bool], *, newest: Any = None
) -> dict[str, int]:
    # Only when jobs were made an index knows by tenant; by it alone it knows all there ever were.
    mine = Job.tenant == tenant if newest is Job.created_at else beside(Job.tenant, tenant)
    rows = select(Job.id, Job.revision).where(mine, which)
    if newest is not None:
        rows = rows.order_by(newest.desc())
    return {job_id: revision for job_id, revision in session.execute(rows.limit(MOST_AT_ONCE))}  # noqa: C416


def _seen(session: Session, job_ids: Iterable[str]) -> dict[str, JobSeen]:
    ids = sorted(job_ids)
    if not ids:
        return {}
    found: dict[str, JobSeen] = {}
    columns = [getattr(Job, name) for name in _TOLD]
    rows = select(*columns, clock.now().label("now")).where(Job.id.in_(ids))
    for row in session.execute(rows).mappings():
        told = dict(row)
        at: datetime = told.pop("now")
        found[told["id"]] = JobSeen(told["id"], told["revision"], told, at)
    return found


def _epochs(session: Session, after: Mapping[str, int]) -> dict[str, tuple[Epoch, ...]]:
    """Of each of these jobs the epochs behind a number, in their order."""
    if not after:
        return {}
    wanted = or_(*((Epoch.job_id == job) & (Epoch.number > n) for job, n in after.items()))
    found: dict[str, list[Epoch]] = {}
    for row in session.scalars(select(Epoch).where(wanted).order_by(Epoch.job_id, Epoch.number)):
        found.setdefault(row.job_id, []).append(row)
    return {job_id: tuple(rows) for job_id, rows in found.items()}


def _key(seen: JobSeen) -> Key:
    return seen.row["tenant"], seen.id


def _learns(seen: JobSeen) -> bool:
    return seen.row["op"] in _LEARNING


def _moment(seen: JobSeen) -> tuple[datetime, str]:
    row = seen.row
    return row["finished_at"] or row["started_at"] or row["created_at"], seen.id
