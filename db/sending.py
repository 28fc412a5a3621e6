"""Deliveries as senders move them: claimed, answered, given back; each by one guarded statement.

A claim moves `due_at` on, so a delivery whose sender vanished is due again by itself.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, func, select, update
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


def hosts(session: Session) -> Sequence[str]:
    """Who has something due; its cost grows with the number of hosts, not with what waits."""
    first = select(func.min(Delivery.host).label("host")).where(IS_PENDING)
    walk = first.cte("walk", recursive=True)
    following = select(func.min(Delivery.host)).where(IS_PENDING, Delivery.host > walk.c.host)
    walk = walk.union_all(select(following.scalar_subquery()).where(walk.c.host.is_not(None)))
    due = select(Delivery.id).where(IS_PENDING, Delivery.host == walk.c.host, _is_due()).exists()
    return [host for (host,) in session.execute(select(walk.c.host).where(due))]


def claim(
    session: Session, *, host: str, owner: str, room: int, lease_s: float
) -> Sequence[Delivery]:
    """The deliveries that one host has waited for longest; mine for so many seconds."""
    first_in_line = (
        select(Delivery.id)
        .where(IS_PENDING, Delivery.host == host, _is_due())
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
