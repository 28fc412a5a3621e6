"""How a tenant's work goes just now: what ended, minute by minute."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import clock
from db.steering import beside
from db.tables.jobs import CANCELLED, SUCCEEDED, Job

MINUTES: Final = 60
_WRITTEN: Final = "%Y-%m-%d %H:%M"


@dataclass(frozen=True, slots=True)
class Minute:
    """Jobs that ended in one minute; who was cancelled is in neither number."""

    at: datetime
    succeeded: int
    failed: int


def of(session: Session, tenant: str, *, minutes: int = MINUTES) -> Sequence[Minute]:
    """The last so many minutes, the oldest first, the one that is not over yet last.

    Reads what ended in that time and nothing older, however much there is.
    """
    since = clock.seconds_from_now(-60.0 * minutes)
    minute = clock.minute(Job.finished_at).label("minute")
    rows = (
        select(minute, Job.state, func.count())
        .where(beside(Job.tenant, tenant), Job.finished_at >= since)
        .group_by(minute, Job.state)
    )
    ended: dict[str, dict[str, int]] = defaultdict(dict)
    for at, state, count in session.execute(rows):
        ended[at][state] = count
    now: datetime = session.execute(select(clock.now())).scalar_one()
    first = now.astimezone(UTC).replace(second=0, microsecond=0) - timedelta(minutes=minutes - 1)
    return [_minute(first + timedelta(minutes=n), ended) for n in range(minutes)]


def _minute(at: datetime, ended: dict[str, dict[str, int]]) -> Minute:
    states = ended.get(at.strftime(_WRITTEN), {})
    failed = sum(n for state, n in states.items() if state not in (SUCCEEDED, CANCELLED))
    return Minute(at, states.get(SUCCEEDED, 0), failed)
