"""Takes away bytes that no row names any more.

Each blob is looked at once after it was put and once after a row that named it has gone, so that
the work grows with what happens, not with what is kept.
"""

import time
from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, literal, select, tuple_, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from db import blobs, clock
from db.blobs import StoreUnavailable
from db.engine import long_transaction
from db.tables.pictures import Blob, Picture
from db.tables.results import KEYS, Result
from db.tables.stages import Stage
from db.tables.versions import Dataset, Epoch, Version

MOST: Final = 100
AT_ONCE: Final = 20
"""So many go to the store together."""
HELD_S: Final = 3.0
"""Then it lets go of its locks: others wait for them, and on SQLite for all of the database."""
Key = tuple[str, str]
"""A tenant and the SHA-256 of bytes of theirs."""

# Every column that names bytes; each has an index that begins with the tenant.
NAMED_BY: Final[
    tuple[tuple[InstrumentedAttribute[Any], InstrumentedAttribute[str | None]], ...]
] = (
    (Picture.tenant, Picture.sha256),
    *((Result.tenant, getattr(Result, name)) for name in KEYS),
    (Stage.tenant, Stage.picture_key),
    (Version.tenant, Version.weights_key),
    (Epoch.tenant, Epoch.grid_key),
)


def collect(*, only: tuple[str, Collection[str]] | None = None, most: int = MOST) -> int:
    """Look at blobs that nobody has looked at; delete those that nobody names. How many are done.

    `only` these keys of one tenant, if given. The bytes go before the transaction ends: whoever
    puts the same bytes waits for it, then writes them anew. A process killed in between leaves a
    row without bytes that nobody names; the next round finds it, and what a slow store has left.

    Raises:
        StoreUnavailable: the store does not answer; every row stays.
        sqlalchemy.exc.OperationalError: its locks were lost, and with them its right to delete.
    """
    with long_transaction() as session:
        found = _locked(session, only, most)
        ends = time.monotonic() + HELD_S
        # In a statement of its own, behind the locks: on PostgreSQL it sees the rows of whoever
        # held these bytes until just now.
        needed = _needed(session, found)
        garbage = [key for key in found if key not in needed]
        if needed:
            seen = update(Blob).where(_any_of(needed)).values(needed_at=clock.now())
            session.execute(seen, execution_options={"synchronize_session": False})
        return len(needed) + _discard(session, garbage, ends=ends)


def collect_these(tenant: str, keys: Collection[str]) -> None:
    """Delete what was just erased and nobody names; what somebody holds now has a later turn."""
    ordered = sorted(keys)
    for first in range(0, len(ordered), MOST):
        while collect(only=(tenant, ordered[first : first + MOST])):
            pass  # until nothing is left of them: a slow store takes several rounds


def _discard(session: Session, garbage: Sequence[Key], *, ends: float) -> int:
    """Delete bytes and rows, a few at a time, while the locks are surely ours. How many went."""
    for first in range(0, len(garbage), AT_ONCE):
        some = garbage[first : first + AT_ONCE]
        # PostgreSQL ends the transaction of a process that was frozen: others may have put the
        # same bytes since. Then this raises; and an answer that lay there for long proves nothing.
        session.execute(select(literal(1)))
        if time.monotonic() > ends:
            if not first:
                raise StoreUnavailable("there was no time left to delete anything")
            return first
        blobs.discard(some)
        gone = delete(Blob).where(_any_of(some))
        session.execute(gone, execution_options={"synchronize_session": False})
    return len(garbage)


def _locked(session: Session, only: tuple[str, Collection[str]] | None, most: int) -> list[Key]:
    """Blobs without a look since their grace ended; what somebody is using is left for later."""
    unseen = [Blob.needed_at.is_(None), Blob.last_put_at <= clock.seconds_from_now(-blobs.GRACE_S)]
    if only is not None:
        tenant, keys = only
        unseen += [Blob.tenant == tenant, Blob.sha256.in_(keys)]
    oldest = select(Blob.tenant, Blob.sha256).where(*unseen).order_by(Blob.last_put_at).limit(most)
    rows = session.execute(oldest.with_for_update(skip_locked=True))
    return sorted((row.tenant, row.sha256) for row in rows)


def _needed(session: Session, found: Iterable[Key]) -> set[Key]:
    """Which of these some row names."""
    needed: set[Key] = set()
    for tenant, of_tenant in groupby(found, key=lambda key: key[0]):
        keys = {key for _, key in of_tenant}
        for whose, named in NAMED_BY:
            rows = select(named).where(whose == tenant, named.in_(keys)).distinct()
            needed |= {(tenant, key) for key in session.scalars(rows) if key is not None}
        if any((tenant, key) not in needed for key in keys):
            needed |= {(tenant, key) for key in keys & _learned_from(session, tenant)}
    return needed


def _learned_from(session: Session, tenant: str) -> set[str]:
    """The keys in the tenant's manifests: JSON without an index, so asked last and seldom."""
    manifests = session.scalars(select(Dataset.manifest).where(Dataset.tenant == tenant))
    return {entry["sha256"] for manifest in manifests for entry in manifest}


def _any_of(keys: Collection[Key]) -> ColumnElement[bool]:
    return tuple_(Blob.tenant, Blob.sha256).in_(sorted(keys))
