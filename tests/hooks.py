"""Webhooks as rows: endpoints, deliveries that are due, and time that passes."""

from typing import Any

import pytest
from sqlalchemy import select, update

from db import clock, deliveries, endpoints, sending, settings
from db.engine import reading, transaction
from db.sending import Answer
from db.tables.deliveries import Delivery, Endpoint
from tests.rows import TENANT

KEY = "a-key-of-tests-that-nobody-else-has"
"""What secrets are sealed with in tests."""
URL = "https://storefront.example/hook"


def keyed(patch: pytest.MonkeyPatch, *, allow: str = "") -> None:
    """Secrets can be kept, and these storefronts of the house may be called."""
    patch.setenv("DB_SECRET_KEY", KEY)
    patch.setenv("DB_WEBHOOK_ALLOW", allow)
    settings.get.cache_clear()


def endpoint(url: str = URL, *, tenant: str = TENANT, **columns: Any) -> Endpoint:
    with transaction() as session:
        return endpoints.add(session, tenant, url=url, **columns)[0]


def ping(to: Endpoint) -> Delivery:
    with transaction() as session:
        return deliveries.ping(session, to)


def claim(*, owner: str = "sender", room: int = 10, lease_s: float = 60.0) -> list[Delivery]:
    """What a sender with room for so many per host would take."""
    with transaction() as session:
        return [
            delivery
            for tenant in sending.tenants(session)
            for host in sending.hosts(session, tenant, most=100)[0]
            for delivery in sending.claim(
                session, tenant=tenant, host=host, owner=owner, room=room, lease_s=lease_s
            )
        ]


def answer(claimed: Delivery, status: int | None = 200, **fields: Any) -> str | None:
    with transaction() as session:
        return sending.record(session, claimed, Answer(took_s=0.1, status=status, **fields))


def is_due_now(delivery_id: str) -> None:
    due = update(Delivery).where(Delivery.id == delivery_id)
    with transaction() as session:
        session.execute(due.values(due_at=clock.seconds_from_now(-1)))


def read(delivery_id: str) -> Delivery:
    with reading() as session:
        return session.get_one(Delivery, delivery_id)


def all_of(subject: str) -> list[Delivery]:
    of_subject = select(Delivery).where(Delivery.subject == subject).order_by(Delivery.created_at)
    with reading() as session:
        return list(session.scalars(of_subject))
