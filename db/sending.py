"""Deliveries as senders move them: claimed, answered, given back; each by one guarded statement.

A claim moves `due_at` on, so a delivery whose sender vanished is due again by itself.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    SQLColumnExpression,
    literal,
    select,
    update,
)
from sqlalchemy.orm import Session

from db import clock, endpoints
from db.tables.deliveries import IS_PENDING, Delivery, DeliveryAttempt

PENDING, DELIVERED, FAILED = "pending", "delivered", "failed"
GONE: Final = 410
# Before each attempt, in seconds, by Standard Webhooks 1.0; after the last it is `failed`.
SCHEDULE_S: Final = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
LONGEST_RETRY_AFTER_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt: a status, or the reason why there is none.

    `is_last`: there is nobody any more to whom another could go.
    """

    took_s: float
    status: int | None = None
    error: str | None = None
    text: str | None = None
    retry_after_s: float | None = None
    is_last: bool = False


def tenants(session: Session) -> Sequence[str]:
    """Who waits to tell something, due or not; its cost grows with their number alone."""
    walk = select(_least(Delivery.tenant).label("tenant")).cte("walk", recursive=True)
    following = _least(Delivery.tenant, Delivery.tenant > walk.c.tenant)
    walk = walk.union_all(select(following).where(walk.c.tenant.is_not(None)))
    return session.scalars(select(walk.c.tenant).where(walk.c.tenant.is_not(None))).all()


def hosts(session: Session, tenant: str, *, after: str = "", most: int) -> tuple[list[str], str]:
    """Of a tenant's next `most` hosts those with something due, and after which to go on.

    That is "" when no host is left. The cost grows with the hosts looked at, not with what waits.
    """
    mine = Delivery.tenant == tenant
    first = _least(Delivery.host, mine, Delivery.host > after).label("host")
    walk = select(first, literal(1).label("number")).cte("walk", recursive=True)
    following = _least(Delivery.host, mine, Delivery.host > walk.c.host)
    on = (walk.c.host.is_not(None), walk.c.number < most)
    walk = walk.union_all(select(following, walk.c.number + 1).where(*on))
    due_at = _least(Delivery.due_at, mine, Delivery.host == walk.c.host)
    found = (
        select(walk.c.host, due_at <= clock.now())
        .where(walk.c.host.is_not(None))
        .order_by(walk.c.number)
    )
    walked = session.execute(found).all()
    return [host for host, is_due in walked if is_due], walked[-1][0] if len(walked) == most else ""


def _least(column: SQLColumnExpression[Any], *where: ColumnElement[bool]) -> ScalarSelect[Any]:
    """One seek in ix_delivery_due: by its whole order, so that no other index will do."""
    in_order = (Delivery.tenant, Delivery.host, Delivery.due_at, Delivery.id)
    pending = select(column).where(IS_PENDING, *where).order_by(*in_order)
    return pending.limit(1).correlate_except(Delivery).scalar_subquery()


def claim(
    session: Session, *, tenant: str, host: str, owner: str, room: int, lease_s: float
) -> Sequence[Delivery]:
    """What a tenant has wanted to tell one host for longest; mine for so many seconds."""
    first_in_line = (
        select(Delivery.id)
        .where(IS_PENDING, Delivery.tenant == tenant, Delivery.host == host, _is_due())
        .order_by(Delivery.due_at, Delivery.id)
        .limit(room)
        .with_for_update(skip_locked=True)
        .cte("first_in_line")
    )
    statement = (
        update(Delivery)
        .where(Delivery.id.in_(select(first_in_line.c.id)), IS_PENDING)
        .values(
            due_at=clock.seconds_from_now(lease_s),
            lease_owner=owner,
            lease_token=Delivery.lease_token + 1,
        )
        .returning(Delivery)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return session.scalars(statement).all()


def record(session: Session, claimed: Delivery, answer: Answer) -> str | None:
    """What an attempt came to: delivered, pending or failed. None: it is no longer mine."""
    number = claimed.attempt + 1
    state = _outcome(number, answer)
    due_at = clock.seconds_from_now(_pause_s(number, answer)) if state == PENDING else clock.now()
    statement = (
        update(Delivery)
        .where(*_held(claimed))
        .values(
            state=state,
            attempt=number,
            due_at=due_at,
            lease_owner=None,
            finished_at=None if state == PENDING else clock.now(),
        )
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    if session.scalar(statement) is None:
        return None
    session.add(
        DeliveryAttempt(
            delivery_id=claimed.id,
            number=number,
            started_at=clock.seconds_from_now(-answer.took_s),
            ended_at=clock.now(),
            status=answer.status,
            error=answer.error,
            answer=answer.text,
        )
    )
    if answer.status == GONE and claimed.endpoint_id is not None:
        endpoints.disable(
            session, claimed.tenant, claimed.endpoint_id, because="it answered 410 Gone"
        )
    return state


def release(session: Session, claimed: Delivery) -> None:
    """Due again at once, as if never tried: my process ends before the answer came."""
    statement = update(Delivery).where(*_held(claimed))
    session.execute(
        statement.values(due_at=clock.now(), lease_owner=None),
        execution_options={"synchronize_session": False},
    )


def _is_due() -> ColumnElement[bool]:
    return Delivery.due_at <= clock.now()


def _held(claimed: Delivery) -> tuple[ColumnElement[bool], ...]:
    """The fence: a slow sender that lost its delivery changes nothing."""
    return (
        Delivery.id == claimed.id,
        IS_PENDING,
        Delivery.lease_owner == claimed.lease_owner,
        Delivery.lease_token == claimed.lease_token,
    )


def _outcome(number: int, answer: Answer) -> str:
    if answer.status is not None and 200 <= answer.status < 300:
        return DELIVERED
    is_last = answer.is_last or answer.status == GONE or number >= len(SCHEDULE_S)
    return FAILED if is_last else PENDING


def _pause_s(number: int, answer: Answer) -> float:
    """The schedule's pause ± 20 %, or longer where the receiver asks for it."""
    planned_s = SCHEDULE_S[number] * (0.8 + 0.4 * secrets.randbelow(1000) / 1000)
    return max(planned_s, min(answer.retry_after_s or 0.0, LONGEST_RETRY_AFTER_S))
