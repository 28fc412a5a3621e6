"""Whose act this is, and the row about it, written in the transaction of the change itself.

A door says who acts (`begin`); `db.engine.transaction` asks before every commit whether there is an
act to note. So whoever adds a change need not think of it, and none is made without its row.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db import clock, ids, paging
from db.tables.audit import Audit
from db.tables.tenants import Tenant

_LONGEST = 255


@dataclass(slots=True)
class Act:
    """Who does what to whose things; `noted` once a row about it was committed."""

    tenant: str
    actor_tenant: str
    key_id: str
    verb: str
    route: str
    resource: str
    request_id: str
    noted: bool = field(default=False, kw_only=True)


_current: ContextVar[Act | None] = ContextVar("act", default=None)


def begin(act: Act) -> None:
    """What this task, and the threads that it starts, does is this act."""
    _current.set(act)


def about(picture_id: str) -> None:
    """The current act is about this picture or result, which its path does not name."""
    act = _current.get()
    if act is not None:
        act.resource = f"{act.resource}?picture={picture_id}"


@contextmanager
def noting(session: Session) -> Iterator[None]:
    """Put the row about the current act beside what the block changes, unless it is there."""
    act = _current.get()
    yield
    if act is not None and not act.noted:
        session.add(_row(act, "done", None))


def committed() -> None:
    """What was noted is on record; later transactions of the same act add nothing."""
    act = _current.get()
    if act is not None:
        act.noted = True


def refuse(session: Session, act: Act, *, status: int) -> None:
    """An act that was tried and changed nothing; what is nobody's is on its actor's record."""
    row = _row(act, "refused", status)
    if session.get(Tenant, act.tenant) is None:
        row.tenant = act.actor_tenant
    session.add(row)


def page(
    session: Session,
    tenant: str,
    *,
    limit: int,
    after: tuple[datetime, str] | None = None,
    to: Sequence[str] = (),
) -> Sequence[Audit]:
    """What was done to a tenant's things, newest first; only to those of these ids, if any."""
    mine, by = select(Audit).where(Audit.tenant == tenant), (Audit.created_at, Audit.id)
    if to:
        mine = mine.where(or_(*(Audit.resource.contains(one, autoescape=True) for one in to)))
    return paging.newest(session, mine, by, limit=limit, after=after)


def _row(act: Act, outcome: str, status: int | None) -> Audit:
    return Audit(
        id=ids.new_id(),
        created_at=clock.now(),
        tenant=act.tenant,
        actor_tenant=act.actor_tenant,
        key_id=act.key_id,
        verb=act.verb,
        route=act.route[:_LONGEST],
        resource=act.resource[:_LONGEST],
        request_id=act.request_id,
        outcome=outcome,
        status=status,
    )
