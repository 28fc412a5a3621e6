"""Bytes by content hash, under tenant/sha256: put, got, held, and let go when nobody names them."""

import re
from collections.abc import Collection, Iterable
from functools import cache
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db import clock, settings, stores
from db.announcing import announce
from db.portable import in_parts
from db.stores import NotStored, StorageFull, Store, StoreUnavailable
from db.tables.pictures import Blob

__all__ = ["NotStored", "StorageFull", "StoreUnavailable", "Vanished"]

# Weights that ship with us belong to no tenant; no API key can name this one.
SHIPPED: Final = "_shipped"
GRACE_S: Final = 24 * 3600.0
"""How long bytes are kept that nobody names: the row that will name them may be on its way."""

_TENANT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Vanished(OSError):
    """The bytes were erased between their `put` and the row that names them: put them again."""


def put(tenant: str, data: bytes) -> str:
    """Keep bytes and return their key, the SHA-256 of them.

    The row comes first: a process that is killed behind it leaves a row without bytes or bytes
    that nobody names, and the collector finds both. Bytes without any row there are none.

    Raises:
        StorageFull: there is no room.
        StoreUnavailable: the store does not answer.
    """
    key = sha256(data).hexdigest()
    path = _path(tenant, key)
    announce(tenant, key, size=len(data))
    store().write(path, data)  # always: what the disk lost or changed is mended by it
    return key


def get(tenant: str, key: str) -> bytes:
    """The bytes of a key.

    Raises:
        NotStored: there are none, or they are no longer what they were.
        StoreUnavailable: the store does not answer.
    """
    data = store().read(_path(tenant, key))
    if sha256(data).hexdigest() != key:
        raise NotStored(f"the bytes of {key} have changed on disk")
    return data


def hold(session: Session, tenant: str, keys: Collection[str]) -> None:
    """Say that this transaction writes a row which names these bytes: until it ends they stay.

    Raises:
        Vanished: some of them are no longer there; the transaction must not commit.
    """
    held: set[str] = set()
    for some in in_parts(keys):
        named = select(Blob.sha256).where(Blob.tenant == tenant, Blob.sha256.in_(some))
        in_order = named.order_by(Blob.sha256).with_for_update(read=True, key_share=True)
        held.update(session.scalars(in_order))
    if missing := set(keys) - held:
        raise Vanished(f"{len(missing)} of {len(set(keys))} blobs were erased meanwhile")


def let_go(
    session: Session, tenant: str, keys: Collection[str], *, is_erased: bool = False
) -> None:
    """Say that rows which named these bytes have gone: the collector looks at them again.

    What is erased has no time of grace.
    """
    values: dict[str, Any] = {"needed_at": None}
    if is_erased:
        values["last_put_at"] = clock.seconds_from_now(-GRACE_S)
    for some in in_parts(keys):
        these = select(Blob.sha256).where(Blob.tenant == tenant, Blob.sha256.in_(some))
        # A lock that stands beside those of `hold`: else an upload and an erasure wait in a circle.
        in_order = these.order_by(Blob.sha256).with_for_update(key_share=True).cte("in_order")
        which = (Blob.tenant == tenant, Blob.sha256.in_(select(in_order.c.sha256)))
        session.execute(update(Blob).where(*which).values(**values))


def discard(blobs: Iterable[tuple[str, str]]) -> None:
    """Delete the bytes of these (tenant, key); for the collector, which has locked their rows."""
    store().delete([_path(tenant, key) for tenant, key in blobs])


def store() -> Store:
    return _store(settings.get().blob_url())


@cache
def _store(url: str) -> Store:
    return stores.at(url)


def _path(tenant: str, key: str) -> str:
    if not _TENANT.fullmatch(tenant) or not _SHA256.fullmatch(key):
        raise ValueError("expected a tenant's name and a SHA-256 in hexadecimal")
    return f"{tenant}/{key[:2]}/{key}"
