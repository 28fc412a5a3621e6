"""Where bytes lie: a local folder, S3, or this process's memory."""

import errno
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Final, Protocol

import obstore
from obstore.exceptions import BaseError
from obstore.store import MemoryStore, ObjectStore, from_url

UNFINISHED: Final = ".unfinished"
"""The folder in which a file is written; no tenant can have this name."""
UNFINISHED_FOR_S: Final = 24 * 3600.0
"""Whoever has not finished a file by then was killed."""

# Links could lead out of the store, so none is followed inside it.
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_NEW_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FULL_IN_S3: Final = ("507 Insufficient Storage", "XMinioStorageFull", "QuotaExceeded")
_LONGEST_ERROR: Final = 300


class NotStored(LookupError):
    """The store has no such bytes."""


class StorageFull(OSError):
    """There is no room for these bytes; nothing was kept of them."""


class StoreUnavailable(OSError):
    """The store does not answer, or does not let us in; later it may."""


class Store(Protocol):
    """Where bytes lie, by path. What is written is there whole after a power cut, or not at all."""

    def write(self, path: str, data: bytes) -> None: ...
    def read(self, path: str) -> bytes: ...
    def delete(self, paths: Sequence[str]) -> None:
        """What is not there is no error. Rows are locked meanwhile, so it gives up early."""

    def tidy(self) -> None:
        """Take away what killed processes left half done."""


def at(url: str) -> Store:
    """The store of an address: a folder's path, s3://bucket/prefix, or memory://."""
    return Remote(url) if "://" in url else Folder(Path(url))


class Folder:
    """A local folder; a file appears whole or not at all."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, path: str, data: bytes) -> None:
        try:
            self._write(path, data)
        except OSError as error:
            if error.errno in _FULL:
                raise StorageFull(error.errno, f"no room for {len(data)} bytes") from error
            raise

    def _write(self, path: str, data: bytes) -> None:
        folder, _, name = path.rpartition("/")
        with self._making(UNFINISHED) as bench, self._making(folder) as shelf:
            unfinished = secrets.token_hex(16)
            try:
                with os.fdopen(os.open(unfinished, _NEW_FILE, 0o600, dir_fd=bench), "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(unfinished, name, src_dir_fd=bench, dst_dir_fd=shelf)
            except BaseException:
                with suppress(FileNotFoundError):
                    os.unlink(unfinished, dir_fd=bench)
                raise
            os.fsync(shelf)  # the name, too, must survive a power cut

    def read(self, path: str) -> bytes:
        folder, _, name = path.rpartition("/")
        try:
            with self._opened(folder) as shelf:
                handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=shelf)
                with os.fdopen(handle, "rb") as file:
                    return file.read()
        except FileNotFoundError as error:
            raise NotStored(path) from error

    def delete(self, paths: Sequence[str]) -> None:
        for path in paths:
            folder, _, name = path.rpartition("/")
            with suppress(FileNotFoundError), self._opened(folder) as shelf:
                os.unlink(name, dir_fd=shelf)
                os.fsync(shelf)

    def tidy(self) -> None:
        before = time.time() - UNFINISHED_FOR_S
        with suppress(FileNotFoundError), self._opened(UNFINISHED) as bench:
            for name in os.listdir(bench):  # noqa: PTH208 — of an open folder
                with suppress(FileNotFoundError):  # its writer has just finished it
                    if os.stat(name, dir_fd=bench, follow_symlinks=False).st_mtime < before:
                        os.unlink(name, dir_fd=bench)

    @contextmanager
    def _making(self, path: str) -> Iterator[int]:
        """A folder inside the store, made where it is missing, open."""
        try:
            handle = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            self._root.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for part in path.split("/"):
                handle = _entered_or_made(part, handle)
            yield handle
        finally:
            os.close(handle)

    @contextmanager
    def _opened(self, path: str) -> Iterator[int]:
        """A folder inside the store, open."""
        handle = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for part in path.split("/"):
                handle = _entered(part, handle)
            yield handle
        finally:
            os.close(handle)


def _entered(part: str, folder: int) -> int:
    """The open folder inside an open folder, which is closed."""
    inner = os.open(part, _FOLDER, dir_fd=folder)
    os.close(folder)
    return inner


def _entered_or_made(part: str, folder: int) -> int:
    try:
        return _entered(part, folder)
    except FileNotFoundError:
        with suppress(FileExistsError):
            os.mkdir(part, dir_fd=folder)
            os.fsync(folder)
        return _entered(part, folder)


class Remote:
    """S3 or memory, through obstore."""

    def __init__(self, url: str) -> None:
        in_memory = MemoryStore() if url.startswith("memory:") else None
        self._store = in_memory or _far_away(url, request_s=60, retry_s=20)
        self._hasty = in_memory or _far_away(url, request_s=3, retry_s=2)

    def write(self, path: str, data: bytes) -> None:
        with _named(path):
            # In one piece: of several, a killed writer would leave some behind that nobody sees.
            obstore.put(self._store, path, data, use_multipart=False)

    def read(self, path: str) -> bytes:
        with _named(path):
            return obstore.get(self._store, path).bytes().to_bytes()

    def delete(self, paths: Sequence[str]) -> None:
        with suppress(NotStored), _named("several"):
            obstore.delete(self._hasty, list(paths))

    def tidy(self) -> None:
        """Nothing is left: an object is written in one request."""


def _far_away(url: str, *, request_s: int, retry_s: int) -> ObjectStore:
    """A store in which a request has so long, and may begin once more within `retry_s`."""
    return from_url(
        url,
        # Plain http only where AWS_ENDPOINT_URL says so; S3 of Amazon is https in any case.
        client_options={
            "allow_http": True,
            "connect_timeout": f"{min(request_s, 5)}s",
            "timeout": f"{request_s}s",
        },
        retry_config={"max_retries": 4, "retry_timeout": timedelta(seconds=retry_s)},
    )


@contextmanager
def _named(path: str) -> Iterator[None]:
    """What the library raises, by our names."""
    try:
        yield
    except FileNotFoundError as error:
        if "NoSuchBucket" in str(error):
            raise StoreUnavailable("there is no such bucket") from error
        raise NotStored(path) from error
    except BaseError as error:
        said = str(error)
        if any(words in said for words in _FULL_IN_S3):
            raise StorageFull(errno.ENOSPC, "the bucket is full") from error
        raise StoreUnavailable(said.partition("\n")[0][:_LONGEST_ERROR]) from error
