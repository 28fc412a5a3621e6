"""Who is next: tenants take turns, and within a tenant priority and time decide."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil
from typing import Any, Final

from sqlalchemy import (
    CTE,
    ColumnElement,
    Float,
    Integer,
    ScalarSelect,
    Select,
    String,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Session, aliased

from db import clock
from db.portable import as_given, given, insert_once
from db.tables.base import UtcDateTime
from db.tables.jobs import AS_QUEUED, AS_RUNNING, QUEUED, Attempt, Job, Queue, Turn
from db.tables.tenants import Tenant

MOST_COUNTED: Final = 1_000
# As the partial index says it: SQLAlchemy would write `job.solo = 1` for SQLite.
_SOLO: ColumnElement[bool] = literal_column("job.solo")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job in line: whose it is, how much room it takes, and whether it must be alone."""

    id: str
    tenant: str
    pixels: int
    solo: bool


@dataclass(frozen=True, slots=True)
class _Head:
    """The first jobs of one tenant with one priority; `cap` is how many more may run."""

    tenant: str
    priority: int
    cap: int | None


def is_due(session: Session, queue: str) -> bool:
    """Whether a claim would be worth its transaction; asked often, on a reading session."""
    return session.execute(_heads(queue)).first() is not None


def following(
    session: Session, queue: str, *, known: Collection[str], most: int
) -> Sequence[Waiting]:
    """The first in line, locked until the transaction ends: an equal share of each tenant.

    Whoever was served longest ago comes first. What is left of a share that a tenant does not fill
    is for the next call. A solo job stands in a line of its own.
    """
    heads = _with_caps(session, queue)
    tenants = list(dict.fromkeys(head.tenant for head in heads))
    found: list[Waiting] = []
    for tenant in tenants:
        share = min(ceil(most / len(tenants)), most - len(found))
        for head in (head for head in heads if head.tenant == tenant):
            cap = share if head.cap is None else min(share, head.cap)
            taken = sum(one.tenant == tenant for one in found)
            if cap > taken:
                found += _first(session, queue, head, known=known, most=cap - taken)
    return found


def alone(
    session: Session, queue: str, *, known: Collection[str], waited_s: float = 0.0
) -> Waiting | None:
    """The first that must have a process to itself, if it has waited for so long, locked."""
    statement = _first_alone(queue, frozenset(known))
    row = session.execute(statement, {"waited_s": -waited_s}).first()
    return None if row is None else Waiting(*row)


def position(session: Session, job: Job) -> int | None:
    """How far a queued job is from its turn among its tenant's; of `MOST_COUNTED` or more, that."""
    if job.state != QUEUED:
        return None
    mine = (Job.state == AS_QUEUED, Job.queue == job.queue, Job.tenant == job.tenant)
    sooner = tuple_(Job.priority, Job.scheduled_at, Job.id) < (
        job.priority,
        job.scheduled_at,
        job.id,
    )
    before = select(Job.id).where(*mine, sooner).limit(MOST_COUNTED - 1).subquery()
    return 1 + (session.scalar(select(func.count()).select_from(before)) or 0)


def take_turns(session: Session, queue: str, tenants: Iterable[str]) -> None:
    """These were served now.

    Nobody waits for another claim, or for one that was frozen: whoever holds the row says the same.
    """
    served = sorted(set(tenants))
    dialect = session.get_bind().dialect.name
    told = {"in_queue": queue, "served": as_given({"tenant": tenant} for tenant in served)}
    # By the connection: no row in the session to bring up to date.
    if len(session.connection().execute(_take_turns(dialect), told).all()) == len(served):
        return
    known = set(session.scalars(_known(dialect), told))
    for tenant in (tenant for tenant in served if tenant not in known):
        # Even DO NOTHING would wait for whoever is changing the row: only what is new is inserted.
        row = {"queue": queue, "tenant": tenant, "last_served_at": clock.now()}
        session.execute(insert_once(session, Turn, row))


@cache
def _known(dialect: str) -> Select[str]:
    served = given(dialect, "served", tenant=String())
    mine = Turn.tenant.in_(select(served.c.tenant))
    return select(Turn.tenant).where(Turn.queue == bindparam("in_queue"), mine)


@cache
def _take_turns(dialect: str) -> Any:
    free = _known(dialect).order_by(Turn.tenant).with_for_update(skip_locked=True).cte("free")
    these = (Turn.queue == bindparam("in_queue"), Turn.tenant.in_(select(free.c.tenant)))
    return update(Turn).where(*these).values(last_served_at=clock.now()).returning(Turn.tenant)


@cache
def _heads(queue: str) -> Select[str, int, int | None]:
    """Each (tenant, priority) with a due job, the tenant served longest ago first.

    A skip scan of ix_job_due: as many steps as there are pairs, however many rows are waiting.
    Kept, because to build it takes ten times as long as to run it.
    """
    walk = _walk(queue)
    turn = (Turn.queue == queue) & (Turn.tenant == Job.tenant)
    return (
        select(Job.tenant, Job.priority, Tenant.max_running)
        .join(walk, walk.c.id == Job.id)
        .outerjoin(Turn, turn)
        .outerjoin(Tenant, Tenant.name == Job.tenant)
        .where(Job.scheduled_at <= clock.now(), ~_paused(queue))
        .order_by(Turn.last_served_at.asc().nulls_first(), Job.tenant, Job.priority)
    )


def _walk(queue: str) -> CTE:
    """The ids of the first queued jobs of each tenant and priority, one seek after the other."""
    first, here, same, later = (aliased(Job) for _ in range(4))
    walk = select(_seek(first, queue).label("id")).cte("walk", recursive=True)
    # Two seeks, because of (tenant, priority) > (…, …) SQLite would use the first half only.
    step = func.coalesce(
        _seek(same, queue, same.tenant == here.tenant, same.priority > here.priority),
        _seek(later, queue, later.tenant > here.tenant),
    )
    return walk.union_all(select(step).select_from(walk).join(here, here.id == walk.c.id))


def _seek(job: type[Job], queue: str, *where: ColumnElement[bool]) -> ScalarSelect[str]:
    in_order = (job.tenant, job.priority, job.scheduled_at, job.id)
    queued = select(job.id).where(job.state == AS_QUEUED, job.queue == queue, *where)
    return queued.order_by(*in_order).limit(1).correlate_except(job).scalar_subquery()


def _with_caps(session: Session, queue: str) -> list[_Head]:
    """The heads of tenants that may have more jobs running."""
    heads = [_Head(*row) for row in session.execute(_heads(queue))]
    capped = {head.tenant for head in heads if head.cap is not None}
    if not capped:
        return heads
    counted = session.execute(
        select(Job.tenant, func.count())
        .where(Job.state == AS_RUNNING, Job.tenant.in_(sorted(capped)))
        .group_by(Job.tenant)
    )
    running = {tenant: count for tenant, count in counted}  # noqa: C416
    left = [
        head
        if head.cap is None
        else _Head(head.tenant, head.priority, head.cap - running.get(head.tenant, 0))
        for head in heads
    ]
    return [head for head in left if head.cap is None or head.cap > 0]


def _first(
    session: Session, queue: str, head: _Head, *, known: Collection[str], most: int
) -> list[Waiting]:
    place = {"tenant": head.tenant, "priority": head.priority, "most": most}
    found = session.execute(_first_of_a_head(queue, frozenset(known)), place)
    return [Waiting(*row) for row in found]


@cache
def _first_of_a_head(queue: str, known: frozenset[str]) -> Select[str, str, int, bool]:
    return (
        _rows(queue, known)
        .where(
            Job.tenant == bindparam("tenant"),
            Job.priority == bindparam("priority"),
            Job.scheduled_at <= clock.now(),
            Job.solo.is_(False),
        )
        .limit(bindparam("most", type_=Integer))
    )


@cache
def _first_alone(queue: str, known: frozenset[str]) -> Select[str, str, int, bool]:
    since = clock.seconds_from_now(bindparam("waited_s", type_=Float))
    # Since its last attempt ended: where it stands in line it may have stood for hours.
    gave_up_at = select(func.max(Attempt.ended_at)).where(Attempt.job_id == Job.id)
    waits_since = func.coalesce(gave_up_at.scalar_subquery(), Job.scheduled_at, type_=UtcDateTime())
    due = (_SOLO, Job.scheduled_at <= clock.now(), waits_since <= since, ~_paused(queue))
    return _rows(queue, known).where(*due).limit(1)


def _rows(queue: str, known: frozenset[str]) -> Select[str, str, int, bool]:
    return (
        select(Job.id, Job.tenant, Job.pixels, Job.solo)
        .where(
            Job.state == AS_QUEUED,
            Job.queue == queue,
            or_(Job.deadline_at.is_(None), Job.deadline_at > clock.now()),
            Job.op.in_(literal_column(f"'{op}'") for op in sorted(known)),
        )
        .order_by(Job.scheduled_at, Job.id)
        .with_for_update(skip_locked=True)
    )


def _paused(queue: str) -> ColumnElement[bool]:
    return exists().where(Queue.name == queue, Queue.paused_at.is_not(None))
