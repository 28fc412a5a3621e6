"""Reads Debian's `.deb`: an `ar` archive that holds a tar of the files. Standard library only."""

import os
import tarfile
from pathlib import Path
from typing import IO, cast

MAGIC = b"!<arch>\n"
HEADER_BYTES = 60
READABLE = {"data.tar", "data.tar.gz", "data.tar.xz", "data.tar.bz2"}


class BadPackageError(ValueError):
    """Not a package, or one that we cannot or will not unpack."""


def unpack(deb: Path, into: Path) -> None:
    """Writes the package's files under `into`; nothing may point or land outside of it."""
    with deb.open("rb") as file:
        size = _seek_data(file)
        into.mkdir(parents=True, exist_ok=True)
        window = _Window(file, size)
        try:
            with tarfile.open(fileobj=cast("IO[bytes]", window), mode="r|*") as tar:
                tar.extractall(into, filter="data")
        except (tarfile.TarError, EOFError, OSError) as error:
            raise BadPackageError(f"its files cannot be unpacked: {error}") from error


def _seek_data(file: IO[bytes]) -> int:
    """Leaves the file at the first byte of the data member and tells that member's length."""
    if file.read(len(MAGIC)) != MAGIC:
        raise BadPackageError("not a Debian package")
    while len(header := file.read(HEADER_BYTES)) == HEADER_BYTES:
        name = header[:16].decode("ascii", "replace").strip().rstrip("/")
        size = _size(header)
        if name in READABLE:
            return _whole(file, size)
        if name.startswith("data.tar"):
            raise BadPackageError(f"{name}: this Python's standard library cannot unpack that")
        file.seek(size + size % 2, 1)
    raise BadPackageError("the package holds no files")


def _whole(file: IO[bytes], size: int) -> int:
    if file.tell() + size > os.fstat(file.fileno()).st_size:
        raise BadPackageError("the package is cut off")
    return size


def _size(header: bytes) -> int:
    digits = header[48:58].strip()
    if header[58:] != b"`\n" or not digits.isdigit():
        raise BadPackageError("a broken member header")
    return int(digits)


class _Window:
    """The next `length` bytes of a file, for tarfile's streaming mode."""

    def __init__(self, file: IO[bytes], length: int) -> None:
        self._file, self._left = file, length

    def read(self, size: int) -> bytes:
        chunk = self._file.read(min(size, self._left))
        self._left -= len(chunk)
        return chunk
