"""What tenants used, day by day in UTC: days that are over are counted once, today as it is asked.

Counting nothing where jobs end keeps their commits free of a row that all would write. To add up
30 days of 1,000,000 jobs takes 5 s on PostgreSQL: too long for a question, and never done twice.
Who cannot wait asks `at_once`: it leaves out what is long to add up, and says from which day on.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Float, Select, case, cast, func, select
from sqlalchemy.orm import Session

from db import clock
from db.portable import insert, insert_once
from db.steering import beside
from db.tables.jobs import Job
from db.tables.pictures import Picture
from db.tables.results import Result
from db.tables.tenants import Tenant
from db.tables.usage import UsageDay

NOBODY: Final = ""
FEW: Final = 5_000
"""Rows that are added up while somebody waits, in less than 0.1 s."""
_SETTLES_WITHIN: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Used:
    """One line of a day; which is empty tells the kind, as in `UsageDay`."""

    day: date
    op: str = ""
    state: str = ""
    jobs: int = 0
    device_s: float = 0.0
    bytes_in: int = 0
    bytes_out: int = 0


def of(session: Session, tenant: str, first: date, last: date) -> Sequence[Used]:
    """All lines of these days, the first and the last among them, in order."""
    found, days = _kept(session, tenant, first, last)
    return _in_order([*found, *_added_up(session, tenant, days)])


@dataclass(frozen=True, slots=True)
class AtOnce:
    """What can be told without waiting; `without` is the first day that is not in it."""

    lines: Sequence[Used]
    without: date | None = None


def at_once(session: Session, tenant: str, first: date, last: date, *, few: int = FEW) -> AtOnce:
    """The same as `of`, or the days that were counted where more than `few` rows are not."""
    found, days = _kept(session, tenant, first, last)
    if days and _has_more_than(session, tenant, days, few):
        return AtOnce(_in_order(found), without=days[0])
    return AtOnce(_in_order([*found, *_added_up(session, tenant, days)]))


@dataclass(frozen=True, slots=True)
class Counted:
    """A day of all tenants, as its rows tell it when it is over."""

    day: date
    lines: Sequence[tuple[str, Used]]


def uncounted(session: Session) -> Counted | None:
    """The oldest day that is over and was not counted, as it is to be kept; None: there is none."""
    day = _to_count(session, _last_counted(session))
    if day is None:
        return None
    now: datetime = session.execute(select(clock.now())).scalar_one()
    if now < _starts(day + _DAY) + _SETTLES_WITHIN:
        return None
    lines = list(_ended_on(session, day))
    for tenant in session.scalars(select(Tenant.name)):
        lines += [(tenant, used) for used in _moved(session, tenant, day)]
    return Counted(day, lines)


def keep(session: Session, counted: Counted) -> bool:
    """Write a day that was counted; False: another process has."""
    marked = insert_once(session, UsageDay, _row(NOBODY, Used(counted.day)))
    if session.execute(marked.returning(UsageDay.day)).first() is None:
        return False
    rows = [_row(tenant, used) for tenant, used in counted.lines]
    if rows:
        session.execute(insert(session, UsageDay), rows)
    return True


def _kept(
    session: Session, tenant: str, first: date, last: date
) -> tuple[list[Used], Sequence[date]]:
    """The lines of days that were counted, and which days were not."""
    counted = _last_counted(session)
    mine = (UsageDay.tenant == tenant, UsageDay.day.between(first.isoformat(), last.isoformat()))
    kept = session.scalars(select(UsageDay).where(*mine))
    found = [_of_row(row) for row in kept if counted and date.fromisoformat(row.day) <= counted]
    begins = max(first, _to_count(session, counted) or first)
    ends = min(last, _today(session))
    return found, [begins + number * _DAY for number in range((ends - begins).days + 1)]


def _added_up(session: Session, tenant: str, days: Iterable[date]) -> Iterator[Used]:
    """What is in the rows of a tenant's days."""
    for day in days:
        # Of a tenant's jobs an index knows all there ever were; of a day's there are few.
        yield from (used for _, used in _ended_on(session, day, beside(Job.tenant, tenant)))
        yield from _moved(session, tenant, day)


def _has_more_than(session: Session, tenant: str, days: Sequence[date], few: int) -> bool:
    """Whether so many rows would be read to add these days up; looks at no more than that."""
    since, until = _starts(days[0]), _starts(days[-1] + _DAY)
    asked: tuple[Select[Any], ...] = (
        select(Job.finished_at).where(Job.finished_at >= since, Job.finished_at < until),
        *(
            select(row.created_at).where(
                row.tenant == tenant, row.created_at >= since, row.created_at < until
            )
            for row in (Result, Picture)
        ),
    )
    for one in asked:
        some = one.limit(few + 1).subquery("some")
        few -= session.scalar(select(func.count()).select_from(some)) or 0
        if few < 0:
            return True
    return False


def _in_order(lines: Iterable[Used]) -> Sequence[Used]:
    return sorted(lines, key=lambda used: (used.day, used.op, used.state))


def _ended_on(
    session: Session, day: date, *which: ColumnElement[bool]
) -> Iterator[tuple[str, Used]]:
    """Jobs that ended, of all tenants in one walk of the index: it knows of no tenant."""
    ran_s = clock.seconds_between(Job.started_at, Job.finished_at)
    trained_s = func.sum(case((Job.queue == "train", ran_s), else_=0.0))
    kind = (Job.tenant, Job.op, Job.state)
    rows = (
        select(*kind, func.count(), trained_s)
        .where(*_on(Job.finished_at, day), *which)
        .group_by(*kind)
    )
    for tenant, op, state, jobs, device_s in session.execute(rows):
        yield tenant, Used(day, op, state, jobs=jobs, device_s=float(device_s or 0.0))


def _moved(session: Session, tenant: str, day: date) -> Iterator[Used]:
    """Results with what they took, and pictures that came in."""
    device_s = cast(func.sum(Result.device_ms), Float) / 1000.0
    made = (Result.tenant == tenant, *_on(Result.created_at, day))
    rows = select(Result.op, device_s, func.sum(Result.bytes)).where(*made).group_by(Result.op)
    for op, took_s, size in session.execute(rows):
        yield Used(day, op, device_s=float(took_s or 0.0), bytes_out=int(size))
    mine = (Picture.tenant == tenant, *_on(Picture.created_at, day))
    taken_in = session.scalar(select(func.sum(Picture.bytes)).where(*mine))
    if taken_in:
        yield Used(day, bytes_in=int(taken_in))


def _on(moment: Any, day: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return moment >= _starts(day), moment < _starts(day + _DAY)


def _last_counted(session: Session) -> date | None:
    last = session.scalar(select(func.max(UsageDay.day)).where(UsageDay.tenant == NOBODY))
    return None if last is None else date.fromisoformat(last)


def _to_count(session: Session, counted: date | None) -> date | None:
    """The day after the last that was counted, or the first that there can be anything of."""
    if counted is not None:
        return counted + _DAY
    began: datetime | None = session.scalar(select(func.min(Tenant.created_at)))
    return None if began is None else began.date()


def _today(session: Session) -> date:
    now: datetime = session.execute(select(clock.now())).scalar_one()
    return now.date()


def _starts(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _of_row(row: UsageDay) -> Used:
    names = ("op", "state", "jobs", "device_s", "bytes_in", "bytes_out")
    return Used(date.fromisoformat(row.day), **{name: getattr(row, name) for name in names})


def _row(tenant: str, used: Used) -> dict[str, Any]:
    names = ("op", "state", "jobs", "device_s", "bytes_in", "bytes_out")
    figures = {name: getattr(used, name) for name in names}
    return {"tenant": tenant, "day": used.day.isoformat(), **figures}
