"""Who wants to hear of events: made, changed, switched off, removed."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from db import addresses, clock, secrets, settings, signing, urls
from db.ids import new_id
from db.tables.deliveries import IS_PENDING, Delivery, Endpoint

MOST_ENDPOINTS: Final = 20


class TooManyEndpoints(ValueError):
    """A tenant has as many as it may: each of them multiplies every event."""


def add(
    session: Session,
    tenant: str,
    *,
    url: str,
    events: Sequence[str] = (),
    description: str | None = None,
) -> tuple[Endpoint, str]:
    """A new endpoint and its secret, which is told this once; no events means all of them.

    Raises:
        urls.Refused: the URL is no place to visit.
        TooManyEndpoints: there are enough.
        secrets.SecretKeyMissing: there is nothing to encrypt the secret with.
    """
    place = addresses.check(url, settings.get().allowed())
    count = select(func.count()).where(Endpoint.tenant == tenant)
    if (session.scalar(count) or 0) >= MOST_ENDPOINTS:
        raise TooManyEndpoints(f"{MOST_ENDPOINTS} webhooks are the most")
    secret = signing.new_secret()
    endpoint = Endpoint(
        id=new_id(),
        tenant=tenant,
        url=place.url(),
        description=description,
        events=list(events),
        secret=secrets.seal(secret),
        created_at=clock.now(),
    )
    session.add(endpoint)
    session.flush()
    session.refresh(endpoint)
    return endpoint, secret


def find(session: Session, tenant: str, endpoint_id: str) -> Endpoint | None:
    return session.scalars(select(Endpoint).where(*_mine(tenant, endpoint_id))).one_or_none()


def of(session: Session, tenant: str) -> Sequence[Endpoint]:
    """A tenant's endpoints, oldest first."""
    mine = select(Endpoint).where(Endpoint.tenant == tenant)
    return session.scalars(mine.order_by(Endpoint.created_at, Endpoint.id)).all()


def change(
    session: Session, tenant: str, endpoint_id: str, values: Mapping[str, Any]
) -> Endpoint | None:
    """Set its url, events or description; what still waits goes to the new URL.

    Raises:
        urls.Refused: the URL is no place to visit.
    """
    new = dict(values)
    if "url" in new:
        new["url"] = addresses.check(new["url"], settings.get().allowed()).url()
        _redirect(session, tenant, endpoint_id, new["url"])
    return _changed(session, tenant, endpoint_id, new)


def enable(session: Session, tenant: str, endpoint_id: str) -> Endpoint | None:
    """It hears of what happens from now on."""
    values = {"disabled_at": None, "disabled_because": None}
    return _changed(session, tenant, endpoint_id, values)


def disable(session: Session, tenant: str, endpoint_id: str, *, because: str) -> Endpoint | None:
    """It hears of nothing more, also not of what already waits."""
    _give_up(session, tenant, endpoint_id)
    disabled_at = func.coalesce(Endpoint.disabled_at, clock.now())
    values = {"disabled_at": disabled_at, "disabled_because": because}
    return _changed(session, tenant, endpoint_id, values)


def remove(session: Session, tenant: str, endpoint_id: str) -> bool:
    """Forget it and its secret; the log of its deliveries stays. False: there was none."""
    _give_up(session, tenant, endpoint_id)
    gone = delete(Endpoint).where(*_mine(tenant, endpoint_id)).returning(Endpoint.id)
    return session.scalar(gone) is not None


def rotate(session: Session, tenant: str, endpoint_id: str) -> str | None:
    """A new secret, told this once; the old one signs beside it for a day."""
    secret = signing.new_secret()
    values = {
        "previous_secret": Endpoint.secret,
        "secret": secrets.seal(secret),
        "rotated_at": clock.now(),
    }
    return None if _changed(session, tenant, endpoint_id, values) is None else secret


def _mine(tenant: str, endpoint_id: str) -> tuple[ColumnElement[bool], ...]:
    return (Endpoint.tenant == tenant, Endpoint.id == endpoint_id)


def _changed(
    session: Session, tenant: str, endpoint_id: str, values: Mapping[str, Any]
) -> Endpoint | None:
    if not values:
        return find(session, tenant, endpoint_id)
    statement = update(Endpoint).where(*_mine(tenant, endpoint_id)).values(**values)
    returning = statement.returning(Endpoint).execution_options(populate_existing=True)
    return session.scalars(returning).one_or_none()


def _redirect(session: Session, tenant: str, endpoint_id: str, url: str) -> None:
    _change_pending(
        session, tenant, endpoint_id, {"url": url, "host": urls.authority(url)}, skip=False
    )


def _give_up(session: Session, tenant: str, endpoint_id: str) -> None:
    """What is being answered this very moment is passed over: its sender finds nobody next time."""
    over = {"state": "failed", "finished_at": clock.now(), "lease_owner": None}
    _change_pending(session, tenant, endpoint_id, over, skip=True)


def _change_pending(
    session: Session, tenant: str, endpoint_id: str, values: Mapping[str, Any], *, skip: bool
) -> None:
    in_order = (
        select(Delivery.id)
        .where(Delivery.tenant == tenant, Delivery.endpoint_id == endpoint_id, IS_PENDING)
        .order_by(Delivery.id)
        .with_for_update(skip_locked=skip)
        .cte("in_order")
    )
    statement = update(Delivery).where(Delivery.id.in_(select(in_order.c.id)), IS_PENDING)
    session.execute(statement.values(**values), execution_options={"synchronize_session": False})
