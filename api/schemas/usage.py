"""What a tenant used, as callers ask for it and see it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Annotated

from pydantic import Field

from api.schemas.base import Answer, Query
from api.schemas.keys import TenantName
from db.usage import Used

MOST_DAYS = 366
_FIRST = date(2000, 1, 1)


class UsageQuery(Query):
    from_: Annotated[date | None, Field(alias="from", ge=_FIRST)] = None
    """The first day, in UTC. Left out: 29 days before the last."""
    to: Annotated[date | None, Field(ge=_FIRST)] = None
    """The last day. Left out: today."""
    tenant: TenantName | None = None
    """Another's than one's own needs the scope admin."""


class UsageOfOperation(Answer):
    """What one operation took."""

    op: str
    jobs: dict[str, int]
    """That ended on the day, by the state in which they did."""
    device_s: float
    """Of results what the device took; of trainings and evaluations how long they ran."""
    bytes_out: int
    """Of what was delivered."""


class UsageOfDay(Answer):
    """One day; days without anything are left out."""

    day: date
    jobs: dict[str, int]
    device_s: float
    bytes_in: int
    """Of pictures taken in; the same bytes again are taken in once."""
    bytes_out: int
    operations: list[UsageOfOperation]


class UsageOut(Answer):
    """What a tenant used, day by day in UTC."""

    tenant: str
    first: date
    last: date
    items: list[UsageOfDay]


def usage_out(tenant: str, first: date, last: date, found: Iterable[Used]) -> UsageOut:
    days: dict[date, list[Used]] = defaultdict(list)
    for used in found:
        days[used.day].append(used)
    items = [_of_day(day, lines) for day, lines in sorted(days.items())]
    return UsageOut(tenant=tenant, first=first, last=last, items=items)


def _of_day(day: date, lines: list[Used]) -> UsageOfDay:
    ops = sorted({used.op for used in lines if used.op})
    operations = [_of_operation(op, [used for used in lines if used.op == op]) for op in ops]
    return UsageOfDay(
        day=day,
        jobs=_jobs(lines),
        device_s=round(sum(used.device_s for used in lines), 3),
        bytes_in=sum(used.bytes_in for used in lines),
        bytes_out=sum(used.bytes_out for used in lines),
        operations=operations,
    )


def _of_operation(op: str, lines: list[Used]) -> UsageOfOperation:
    return UsageOfOperation(
        op=op,
        jobs=_jobs(lines),
        device_s=round(sum(used.device_s for used in lines), 3),
        bytes_out=sum(used.bytes_out for used in lines),
    )


def _jobs(lines: list[Used]) -> dict[str, int]:
    counted: dict[str, int] = defaultdict(int)
    for used in lines:
        if used.state:
            counted[used.state] += used.jobs
    return dict(counted)
