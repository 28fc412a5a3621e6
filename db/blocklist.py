"""Every question we ask of a shop's block list."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from db import clock, paging
from db.ids import new_id
from db.portable import insert_once
from db.tables.moderation import Blocked

MOST: Final = 100_000
"""Entries of a shop: so many are compared with a picture in under a millisecond."""

Stamp = tuple[int, datetime | None]
"""How many entries there are and when the last was made: another with every change."""


class BlocklistFull(ValueError):
    """There are entries enough."""


class EntryNotFound(LookupError):
    """The shop's list has no such entry."""


def add(
    session: Session, tenant: str, *, sha256: str, phash: str, note: str | None, by: str | None
) -> tuple[Blocked, bool]:
    """An entry, and True; the one that says the same and False where there is one.

    Raises:
        BlocklistFull: there are `MOST` already.
    """
    mine = (Blocked.tenant == tenant, Blocked.sha256 == sha256, Blocked.phash == phash)
    same = select(Blocked).where(*mine)
    if found := session.scalars(same).first():
        return found, False
    if stamp(session, tenant)[0] >= MOST:
        raise BlocklistFull(f"the list has {MOST} entries; take one off first")
    made = {"id": new_id(), "tenant": tenant, "made_by": by, "created_at": clock.now()}
    said = {"sha256": sha256, "phash": phash, "note": note}
    session.execute(insert_once(session, Blocked, made | said))
    entry = session.scalars(same).one()
    return entry, entry.id == made["id"]


def remove(session: Session, tenant: str, entry_id: str) -> None:
    """Off the list; what it has quarantined stays so until it is judged again.

    Raises:
        EntryNotFound: there is none.
    """
    gone = delete(Blocked).where(Blocked.tenant == tenant, Blocked.id == entry_id)
    if not session.scalars(gone.returning(Blocked.id)).all():
        raise EntryNotFound("the list has no such entry")


def has(session: Session, tenant: str, sha256: str) -> bool:
    """Whether exactly these bytes are on the list."""
    mine = (Blocked.tenant == tenant, Blocked.sha256 == sha256)
    return session.scalar(select(Blocked.id).where(*mine).limit(1)) is not None


def page(
    session: Session, tenant: str, *, limit: int, after: tuple[datetime, str] | None = None
) -> Sequence[Blocked]:
    """Newest first."""
    mine, by = select(Blocked).where(Blocked.tenant == tenant), (Blocked.created_at, Blocked.id)
    return paging.newest(session, mine, by, limit=limit, after=after)


def stamp(session: Session, tenant: str) -> Stamp:
    counted = select(func.count(), func.max(Blocked.created_at)).where(Blocked.tenant == tenant)
    count, newest = session.execute(counted).one()
    return count, newest


def everything(session: Session, tenant: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """The digests of bytes, and the looks, of all entries."""
    rows = session.execute(select(Blocked.sha256, Blocked.phash).where(Blocked.tenant == tenant))
    pairs = rows.all()
    looks = dict.fromkeys(phash for _, phash in pairs if phash)
    return frozenset(sha256 for sha256, _ in pairs if sha256), tuple(looks)
