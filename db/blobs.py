"""Bytes by content hash, under tenant/sha256: in a local folder, in S3, or in memory."""

import errno
import os
import re
import tempfile
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import obstore
from obstore.store import MemoryStore, from_url

from db import clock, settings
from db.engine import transaction
from db.portable import upsert
from db.tables.pictures import Blob

# Weights that ship with us belong to no tenant; no API key can name this one.
SHIPPED = "_shipped"

_TENANT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class NotStored(LookupError):
    """The store has no such bytes."""


class StorageFull(OSError):
    """There is no room for these bytes; nothing was kept of them."""


class Store(Protocol):
    """Where bytes lie."""

    def write(self, path: str, data: bytes) -> None: ...
    def read(self, path: str) -> bytes: ...


def put(tenant: str, data: bytes) -> str:
    """Keep bytes and return their key, the SHA-256 of them.

    The row comes first, so that a collector that sees no row may delete the bytes.

    Raises:
        StorageFull: there is no room.
    """
    key = sha256(data).hexdigest()
    path = _path(tenant, key)
    with transaction() as session:
        row = {"tenant": tenant, "sha256": key, "bytes": len(data), "last_put_at": clock.now()}
        session.execute(upsert(session, Blob, row, update=("last_put_at",)))
    store().write(path, data)
    return key


def get(tenant: str, key: str) -> bytes:
    """The bytes of a key.

    Raises:
        NotStored: there are none, or they are no longer what they were.
    """
    data = store().read(_path(tenant, key))
    if sha256(data).hexdigest() != key:
        raise NotStored(f"the bytes of {key} have changed on disk")
    return data


def store() -> Store:
    return _store(settings.get().blob_url())


@cache
def _store(url: str) -> Store:
    if "://" in url:
        return _Remote(url)
    return _Folder(Path(url))


def _path(tenant: str, key: str) -> str:
    if not _TENANT.fullmatch(tenant) or not _SHA256.fullmatch(key):
        raise ValueError("expected a tenant's name and a SHA-256 in hexadecimal")
    return f"{tenant}/{key[:2]}/{key}"


class _Folder:
    """A local folder; a file appears whole or not at all."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, path: str, data: bytes) -> None:
        try:
            self._write(self._root / path, data)
        except OSError as error:
            if error.errno in _FULL:
                raise StorageFull(error.errno, f"no room for {len(data)} bytes") from error
            raise

    def _write(self, target: Path, data: bytes) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".put-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(target)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise

    def read(self, path: str) -> bytes:
        try:
            return (self._root / path).read_bytes()
        except FileNotFoundError as error:
            raise NotStored(path) from error


class _Remote:
    """S3 or memory, through obstore."""

    def __init__(self, url: str) -> None:
        self._store = MemoryStore() if url.startswith("memory:") else from_url(url)

    def write(self, path: str, data: bytes) -> None:
        obstore.put(self._store, path, data)

    def read(self, path: str) -> bytes:
        try:
            return obstore.get(self._store, path).bytes().to_bytes()
        except FileNotFoundError as error:
            raise NotStored(path) from error
