"""A backup brought back: all of it is unpacked and checked first, and then put in place."""

import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Final, Literal

from pydantic import ValidationError
from sqlalchemy import text

from db import backup, backup_rows, engine, migrate, settings
from db.backup_inventory import (
    BLOBS,
    DATABASES,
    INVENTORY,
    LONGEST_BYTES,
    SECRET,
    BackupError,
    File,
    Inventory,
)
from db.backup_rows import Told

_BENCH: Final = ".restoring"
_PIECE_BYTES: Final = 1 << 20
_COUNTED: Final = ("job", "result", "picture", "version", "tenant")


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back.

    Attributes:
        rows: how many of each table that a person asks for.
    """

    inventory: Inventory
    rows: dict[str, int]


def bring_back(path: Path, *, told: Told, over: Literal["nothing", "what is there"]) -> Restored:
    """Unpack, compare with the inventory, and only then replace bytes and rows.

    Raises:
        BackupError: the archive is damaged or not for this house, or something is there already.
    """
    with _opened(path) as tar:
        members = {member.name: member for member in tar.getmembers()}
        inventory = _inventory(tar, members, path)
        _refuse_stranger(inventory)
        if over == "nothing":
            _refuse_taken(inventory)
        with _bench() as bench:
            told("unpacked and checked", 0, len(inventory.files))
            for number, one in enumerate(inventory.files, start=1):
                _write(_member(tar, members, one.name), bench / one.name, one)
                told("unpacked and checked", number, len(inventory.files))
            _put_in_place(inventory, bench)
    return Restored(inventory, _counts())


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(path, "r:") as tar:
            yield tar
    except (OSError, tarfile.TarError) as error:
        raise BackupError(f"{path} cannot be read as a backup: {error}") from error


def _inventory(tar: tarfile.TarFile, members: dict[str, tarfile.TarInfo], path: Path) -> Inventory:
    if INVENTORY not in members or members[INVENTORY].size > LONGEST_BYTES:
        raise BackupError(f"{path} has no inventory: it is no backup, or not a whole one")
    try:
        return Inventory.model_validate_json(_member(tar, members, INVENTORY).read())
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(str(part) for part in wrong["loc"])
        raise BackupError(f"{path}: its inventory is wrong at {where}: {wrong['msg']}") from error


def _member(tar: tarfile.TarFile, members: dict[str, tarfile.TarInfo], name: str) -> IO[bytes]:
    found = members.get(name)
    if found is None or not found.isreg():
        raise BackupError(f"{name} is missing in the archive: nothing was replaced")
    file = tar.extractfile(found)
    assert file is not None  # noqa: S101 — of a regular file it never is
    return file


def _refuse_stranger(inventory: Inventory) -> None:
    if inventory.database != backup_rows.kind():
        raise BackupError(
            f"the backup is of {inventory.database}, and DB_URL names {backup_rows.kind()}: rows "
            "cannot go from one to the other"
        )
    if inventory.revision not in migrate.revisions():
        raise BackupError(
            f"its tables are of revision {inventory.revision}, which this build does not know: "
            "restore it with the build that made it, or with a newer one"
        )
    if inventory.blobs() and backup.folder() is None:
        raise BackupError(
            f"the backup holds pictures, and DB_BLOBS is {settings.get().blob_url()}: restore "
            "into a folder, and copy that there"
        )


def _refuse_taken(inventory: Inventory) -> None:
    folder = backup.folder()
    taken = ["a database"] if backup_rows.are_there() else []
    if inventory.blobs() and folder is not None and folder.is_dir() and any(folder.iterdir()):
        taken.append(f"pictures in {folder}")
    if taken:
        raise BackupError(
            f"there is something already: {' and '.join(taken)}. --force puts the backup in its "
            "place; what is there now is gone then"
        )


@contextmanager
def _bench() -> Iterator[Path]:
    """A folder in DB_HOME; what a killed restore left there goes first."""
    bench = settings.get().home.resolve() / _BENCH
    shutil.rmtree(bench, ignore_errors=True)
    bench.mkdir(parents=True, mode=0o700)
    try:
        yield bench
    finally:
        shutil.rmtree(bench, ignore_errors=True)


def _write(source: IO[bytes], path: Path, expected: File) -> None:
    digest = sha256()
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        while piece := source.read(_PIECE_BYTES):
            digest.update(piece)
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    if digest.hexdigest() != expected.sha256:
        raise BackupError(f"{expected.name} is damaged in the archive: nothing was replaced")


def _put_in_place(inventory: Inventory, bench: Path) -> None:
    """The bytes first: no row is there before the bytes that it names."""
    folder = backup.folder()
    if inventory.bytes_in == "the archive" and folder is not None:
        _swap(bench / BLOBS, folder)
    for one in inventory.files:
        if SECRET.fullmatch(one.name):
            target = settings.get().home.resolve() / one.name
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.move(bench / one.name, target)
    backup_rows.put_back(bench / DATABASES[inventory.database])


def _swap(new: Path, folder: Path) -> None:
    """What was there is removed when the new is in its place, and not before."""
    new.mkdir(exist_ok=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    with suppress(FileNotFoundError):
        folder.replace(old)
    shutil.move(new, folder)
    shutil.rmtree(old, ignore_errors=True)


def _counts() -> dict[str, int]:
    """By name and not by class: the tables may be older than this build."""
    with engine.reading() as session:
        found = {t: session.scalar(text(f"SELECT count(*) FROM {t}")) for t in _COUNTED}  # noqa: S608
    return {table: int(count or 0) for table, count in found.items()}
