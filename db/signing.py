"""Signatures by Standard Webhooks 1.0, and the secrets they are made with."""

import base64
import hmac
import os
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db import clock, secrets
from db.portable import insert_once
from db.tables.deliveries import Delivery, Endpoint
from db.tables.tenants import Tenant

OLD_SECRET_SIGNS_S: Final = 24 * 3600.0
_PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = 32


def new_secret() -> str:
    return _PREFIX + base64.b64encode(os.urandom(_SECRET_BYTES)).decode("ascii")


def sign(secret: str, *, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 over id, time (seconds since 1970) and body."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode("ascii")


def of_tenant(session: Session, tenant: str) -> str:
    """What signs deliveries to the `webhook_url` of a tenant's jobs; made at the first question.

    Raises:
        secrets.SecretKeyMissing: it cannot be kept, or not be read.
    """
    sealed = _of_tenant(session, tenant)
    if sealed is None:
        session.execute(insert_once(session, Tenant, {"name": tenant, "created_at": clock.now()}))
        unset = (Tenant.name == tenant, Tenant.webhook_secret.is_(None))
        fresh = secrets.seal(new_secret())
        session.execute(update(Tenant).where(*unset).values(webhook_secret=fresh))
        sealed = _of_tenant(session, tenant)  # ours, or that of whoever was quicker
    return secrets.reveal(sealed or "")


def rotate_of_tenant(session: Session, tenant: str) -> str:
    """A new secret for a tenant's jobs; the old one signs beside it for a day."""
    of_tenant(session, tenant)
    secret = new_secret()
    session.execute(
        update(Tenant)
        .where(Tenant.name == tenant)
        .values(
            webhook_previous_secret=Tenant.webhook_secret,
            webhook_secret=secrets.seal(secret),
            webhook_rotated_at=clock.now(),
        )
    )
    return secret


def valid(session: Session, delivery: Delivery) -> list[str]:
    """The secrets that sign a delivery now, the newest first; none: there is nobody to sign for.

    Raises:
        secrets.SecretKeyMissing: they cannot be read.
    """
    recent = clock.seconds_from_now(-OLD_SECRET_SIGNS_S)
    if delivery.endpoint_id is None:
        statement = select(
            Tenant.webhook_secret,
            Tenant.webhook_previous_secret,
            Tenant.webhook_rotated_at > recent,
        ).where(Tenant.name == delivery.tenant)
    else:
        statement = select(
            Endpoint.secret, Endpoint.previous_secret, Endpoint.rotated_at > recent
        ).where(
            Endpoint.tenant == delivery.tenant,
            Endpoint.id == delivery.endpoint_id,
            Endpoint.disabled_at.is_(None),
        )
    row = session.execute(statement).one_or_none()
    if row is None:
        return []
    newest, previous, still_signs = row
    return [secrets.reveal(one) for one in (newest, previous if still_signs else None) if one]


def _of_tenant(session: Session, tenant: str) -> str | None:
    return session.scalar(select(Tenant.webhook_secret).where(Tenant.name == tenant))
