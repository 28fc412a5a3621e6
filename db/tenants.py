"""Every question we ask of tenants: whom keys, pictures and jobs belong to."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db import clock, paging
from db.portable import insert_once
from db.tables.tenants import Tenant

NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
"""Also a folder of the store: no dots, no slashes, and never like what ships with us."""
CAPS: Final = ("max_queued", "max_running", "max_requests_per_min", "max_upload_bytes_per_day")


class TenantNotFound(LookupError):
    """There is no such tenant."""


class TenantExists(ValueError):
    """The name is taken."""


def create(session: Session, name: str, caps: Mapping[str, int | None] | None = None) -> Tenant:
    """A new tenant, with those of CAPS that are named.

    Raises:
        TenantExists: there is one of this name.
    """
    values = {"name": name, "created_at": clock.now(), **_known(caps or {})}
    made = session.scalars(insert_once(session, Tenant, values).returning(Tenant)).one_or_none()
    if made is None:
        raise TenantExists(f"there is a tenant {name!r} already")
    return made


def ensure(session: Session, name: str) -> None:
    """The tenant is there, now or before."""
    values = {"name": name, "created_at": clock.now()}
    session.execute(insert_once(session, Tenant, values))


def find(session: Session, name: str) -> Tenant:
    """The tenant of a name.

    Raises:
        TenantNotFound: there is none.
    """
    found = session.get(Tenant, name) if re.fullmatch(NAME, name) else None
    if found is None:
        raise TenantNotFound(f"there is no tenant {name[:64]!r}")
    return found


def page(
    session: Session, *, limit: int, after: tuple[datetime, str] | None = None
) -> Sequence[Tenant]:
    """Newest first."""
    by = (Tenant.created_at, Tenant.name)
    return paging.newest(session, select(Tenant), by, limit=limit, after=after)


def change(session: Session, name: str, caps: Mapping[str, int | None]) -> Tenant:
    """Set those of CAPS that are named; None lifts one.

    Raises:
        TenantNotFound: there is no such tenant.
    """
    found = find(session, name)
    if caps:
        session.execute(update(Tenant).where(Tenant.name == name).values(**_known(caps)))
    return found


def _known(caps: Mapping[str, int | None]) -> Mapping[str, int | None]:
    if unknown := set(caps) - set(CAPS):
        raise ValueError(f"expected caps among {CAPS}, got {sorted(unknown)}")
    return caps
