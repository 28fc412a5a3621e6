"""One archive of what cannot be made again: the rows, the bytes they name, and an inventory.

The rows are copied first, and bytes are always written before the row that names them: so every
row of the copy finds its bytes, but for those that are erased meanwhile.
"""

import io
import os
import tarfile
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Literal

from db import authority, backup_rows, settings
from db.backup_inventory import BLOB, BLOBS, DATABASES, INVENTORY, BackupError, File, Inventory
from db.backup_rows import Told


def make(path: Path, *, told: Told, secrets: Literal["included", "left out"]) -> Inventory:
    """Write the archive; the file appears whole or not at all, for its owner alone.

    Raises:
        BackupError: a file has this name, or the database cannot be copied from here.
    """
    if path.exists():
        raise BackupError(f"{path} is there already; name another file, or move it away")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=path.parent) as name:
        bench, kind = Path(name), backup_rows.kind()
        rows, unfinished = bench / DATABASES[kind], bench / "archive"
        revision = backup_rows.copy(rows, told)
        with unfinished.open("xb") as out:
            inventory = Inventory(
                made_at=datetime.now(UTC),
                database=kind,
                revision=revision,
                bytes_in="the archive" if folder() else settings.get().blob_url(),
                has_secrets=secrets == "included",
            )
            with tarfile.open(fileobj=out, mode="w") as tar:
                inventory = _filled(tar, rows, inventory, told)
            out.flush()
            os.fsync(out.fileno())
        unfinished.chmod(0o600)  # pictures are somebody's, and secrets may be in it
        unfinished.replace(path)
    return inventory


def folder() -> Path | None:
    """Where bytes lie on this machine, if they do."""
    address = settings.get().blob_url()
    return None if "://" in address else Path(address)


def _filled(tar: tarfile.TarFile, rows: Path, inventory: Inventory, told: Told) -> Inventory:
    files = [_add(tar, rows.name, rows)]
    if inventory.has_secrets:
        files += [_add(tar, name, file) for name, file in _secrets()]
    damaged = []
    for name, file in _counted(_blobs(), told):
        try:
            data = file.read_bytes()
        except FileNotFoundError:
            continue  # erased since it was listed
        if sha256(data).hexdigest() == file.name:
            files.append(_put(tar, name, data))
        else:
            damaged.append(name)
    whole = inventory.model_copy(update={"files": tuple(files), "left_out": tuple(damaged)})
    told_of_itself = whole.model_dump_json(indent=1).encode()
    tar.addfile(_member(INVENTORY, len(told_of_itself)), io.BytesIO(told_of_itself))
    return whole


def _blobs() -> list[tuple[str, Path]]:
    """What the store has of blobs, behind no link."""
    root = folder()
    if root is None:
        return []
    found = (
        (f"{BLOBS}/{file.relative_to(root).as_posix()}", file)
        for inner, _, names in os.walk(root)
        for file in (Path(inner) / name for name in names)
    )
    return sorted((name, file) for name, file in found if BLOB.fullmatch(name))


def _secrets() -> list[tuple[str, Path]]:
    found = [("secret.key", settings.get().home / "secret.key")]
    found += [(f"c2pa/{file.name}", file) for file in sorted(authority.folder().glob("*"))]
    return [(name, file) for name, file in found if file.is_file()]


def _counted(found: list[tuple[str, Path]], told: Told) -> Iterator[tuple[str, Path]]:
    told("pictures", 0, len(found))
    for number, one in enumerate(found, start=1):
        yield one
        told("pictures", number, len(found))


def _add(tar: tarfile.TarFile, name: str, file: Path) -> File:
    """A file of any size."""
    with file.open("rb") as read:
        digest = file_digest(read, "sha256").hexdigest()
        size = read.tell()
        read.seek(0)
        tar.addfile(_member(name, size), read)
    return File(name=name, size_bytes=size, sha256=digest)


def _put(tar: tarfile.TarFile, name: str, data: bytes) -> File:
    tar.addfile(_member(name, len(data)), io.BytesIO(data))
    return File(name=name, size_bytes=len(data), sha256=sha256(data).hexdigest())


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, int(datetime.now(UTC).timestamp())
    return member
