"""Every question we ask of API keys: issued, verified, replaced, revoked, listed."""

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.orm import Session

from db import clock, key_text, paging
from db.tables.tenants import ApiKey

ADMIN: Final = "admin"
"""The operator's scope; it holds all others."""
METRICS: Final = "metrics"
SCOPES: Final = (
    "jobs:read", "jobs:write", "pictures:read", "pictures:write", "versions:read",
    "versions:write", "train", "events", "webhooks", METRICS, ADMIN,
)  # fmt: skip
OVERLAP_S: Final = 24 * 3600.0
"""How long a key that was replaced still opens."""
USE_NOTED_EVERY_S: Final = 60.0
_NOBODYS: Final = "0" * 64


class KeyNotLive(ValueError):
    """The key is revoked, expired or replaced; there is nothing left to replace."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A new key, and its text for the only time that anybody sees it."""

    key: ApiKey
    text: str = field(repr=False)


def issue(
    session: Session,
    tenant: str,
    *,
    name: str,
    scopes: Iterable[str],
    lasts_s: float | None = None,
) -> Issued:
    """A further key of a tenant that is there; without `lasts_s` it never expires."""
    text = key_text.new()
    key = ApiKey(
        id=text.id,
        tenant=tenant,
        name=name,
        secret_sha256=text.secret_sha256(),
        scopes=[scope for scope in SCOPES if scope in set(scopes)],
        created_at=clock.now(),
        expires_at=None if lasts_s is None else clock.seconds_from_now(lasts_s),
    )
    session.add(key)
    session.flush()
    session.refresh(key)
    return Issued(key, text.written())


def verify(session: Session, text: str) -> ApiKey | None:
    """Whose key this is, if it is live; the one question that learns its tenant from the answer.

    All refusals take the same steps, but for a bad checksum, which anybody can compute.
    """
    if (given := key_text.read(text)) is None:
        return None
    row = session.execute(select(ApiKey, _live()).where(ApiKey.id == given.id)).one_or_none()
    key, live = (None, False) if row is None else row
    kept = _NOBODYS if key is None else key.secret_sha256
    proven = hmac.compare_digest(kept, given.secret_sha256())
    return key if proven and live else None


def live(session: Session, key_id: str) -> ApiKey | None:
    """The key of this id while it opens; for who has shown its text before, whosever it is."""
    return session.scalars(select(ApiKey).where(ApiKey.id == key_id, _live())).one_or_none()


def used(session: Session, key_id: str) -> None:
    """Note that a key opens something now, at most once a minute whoever asks."""
    stale = ApiKey.last_used_at < clock.seconds_from_now(-USE_NOTED_EVERY_S)
    session.execute(
        update(ApiKey)
        .where(ApiKey.id == key_id, or_(ApiKey.last_used_at.is_(None), stale))
        .values(last_used_at=clock.now())
    )


def rotate(session: Session, tenant: str, key_id: str) -> Issued | None:
    """A new key with the same name, scopes and lifetime; the old one opens for 24 hours more.

    None: the tenant has no such key.

    Raises:
        KeyNotLive: it is revoked or expired, or was replaced before.
    """
    old = find(session, tenant, key_id)
    if old is None:
        return None
    lasts = None if old.expires_at is None else old.expires_at - old.created_at
    new = issue(
        session,
        tenant,
        name=old.name,
        scopes=old.scopes,
        lasts_s=None if lasts is None else lasts.total_seconds(),
    )
    soon = clock.seconds_from_now(OVERLAP_S)
    replaced = session.scalars(
        update(ApiKey)
        .where(ApiKey.tenant == tenant, ApiKey.id == key_id, _live())
        .where(ApiKey.replaced_by.is_(None))
        .values(replaced_by=new.key.id, expires_at=_earlier(ApiKey.expires_at, soon))
        .returning(ApiKey.id)
    ).all()
    if not replaced:
        raise KeyNotLive(f"the key {key_id} is revoked, expired or replaced; add another one")
    return new


def revoke(session: Session, tenant: str, key_id: str) -> ApiKey | None:
    """The key opens nothing more; again, it stays as it was. None: there is no such key."""
    return session.scalars(
        update(ApiKey)
        .where(ApiKey.tenant == tenant, ApiKey.id == key_id)
        .values(revoked_at=func.coalesce(ApiKey.revoked_at, clock.now()))
        .returning(ApiKey)
        .execution_options(populate_existing=True)
    ).one_or_none()


def find(session: Session, tenant: str, key_id: str) -> ApiKey | None:
    which = and_(ApiKey.tenant == tenant, ApiKey.id == key_id)
    return session.scalars(select(ApiKey).where(which)).one_or_none()


def page(
    session: Session, tenant: str, *, limit: int, after: tuple[datetime, str] | None = None
) -> Sequence[ApiKey]:
    """Newest first, also those that no longer open."""
    mine, by = select(ApiKey).where(ApiKey.tenant == tenant), (ApiKey.created_at, ApiKey.id)
    return paging.newest(session, mine, by, limit=limit, after=after)


def _live() -> ColumnElement[bool]:
    unexpired = or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > clock.now())
    return and_(ApiKey.revoked_at.is_(None), unexpired)


def _earlier(one: Any, other: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((one < other, one), else_=other)
