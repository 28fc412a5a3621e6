"""Deliveries as their callers see them: asked for, found, listed, sent once more."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import clock, endpoints, outbox, paging
from db.ids import new_id
from db.sending import DELIVERED
from db.tables.deliveries import IS_UNDELIVERED, Delivery, DeliveryAttempt, Endpoint
from db.urls import authority


class EndpointDisabled(ValueError):
    """Nothing is sent to this endpoint until it is enabled."""


def ping(session: Session, endpoint: Endpoint) -> Delivery:
    """Something to hear for an endpoint that wants to know whether it works.

    Raises:
        EndpointDisabled: it hears of nothing.
    """
    now = session.scalars(select(clock.now())).one()
    return _add(
        session,
        tenant=endpoint.tenant,
        endpoint_id=endpoint.id,
        url=_listening(endpoint).url,
        event=outbox.PING,
        subject=endpoint.id,
        body=outbox.written(outbox.PING, now, {"webhook_id": endpoint.id}),
    )


def replay(session: Session, tenant: str, delivery_id: str) -> Delivery | None:
    """Send it once more, under its own `webhook-id`, to where its endpoint is now.

    Raises:
        EndpointDisabled: its endpoint hears of nothing, or is gone.
    """
    told = find(session, tenant, delivery_id)
    if told is None:
        return None
    endpoint_id, url = told.endpoint_id, told.url
    if endpoint_id is not None:
        endpoint = endpoints.find(session, tenant, endpoint_id)
        if endpoint is None:
            raise EndpointDisabled("the webhook was removed")
        url = _listening(endpoint).url
    return _add(
        session,
        tenant=tenant,
        endpoint_id=endpoint_id,
        url=url,
        event=told.event,
        subject=told.subject,
        body=told.body,
        replay_of=told.message_id,
    )


def find(session: Session, tenant: str, delivery_id: str) -> Delivery | None:
    mine = (Delivery.tenant == tenant, Delivery.id == delivery_id)
    return session.scalars(select(Delivery).where(*mine)).one_or_none()


def attempts(session: Session, delivery_id: str) -> Sequence[DeliveryAttempt]:
    """First to last."""
    made = select(DeliveryAttempt).where(DeliveryAttempt.delivery_id == delivery_id)
    return session.scalars(made.order_by(DeliveryAttempt.number)).all()


def page(
    session: Session,
    tenant: str,
    *,
    limit: int,
    after: tuple[datetime, str] | None = None,
    state: str | None = None,
    endpoint_id: str | None = None,
    subject: str | None = None,
) -> Sequence[Delivery]:
    """Newest first, at most `limit`, older than the (created_at, id) of `after`."""
    wanted = [Delivery.tenant == tenant]
    for column, value in (
        (Delivery.state, state),
        (Delivery.endpoint_id, endpoint_id),
        (Delivery.subject, subject),
    ):
        if value is not None:
            wanted.append(column == value)
    if state not in (None, DELIVERED):
        wanted.append(IS_UNDELIVERED)  # said twice, so that the index of the few is seen to hold
    by = (Delivery.created_at, Delivery.id)
    return paging.newest(session, select(Delivery).where(*wanted), by, limit=limit, after=after)


def _listening(endpoint: Endpoint) -> Endpoint:
    if endpoint.disabled_at is not None:
        raise EndpointDisabled(f"the webhook is disabled: {endpoint.disabled_because}")
    return endpoint


def _add(session: Session, **columns: str | None) -> Delivery:
    row = Delivery(
        id=new_id(),
        host=authority(str(columns["url"])),
        due_at=clock.now(),
        created_at=clock.now(),
        **columns,
    )
    session.add(row)
    session.flush()
    session.refresh(row)
    return row
