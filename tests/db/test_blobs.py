"""Bytes by content hash, wherever they lie."""

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import select

from db import blobs, settings
from db.engine import reading
from db.tables.pictures import Blob


@pytest.fixture(params=["folder", "memory"])
def store(
    request: pytest.FixtureRequest, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    if request.param == "memory":
        monkeypatch.setenv("DB_BLOBS", "memory://")
    settings.get.cache_clear()
    blobs._store.cache_clear()
    yield
    blobs._store.cache_clear()


def _row(key: str, tenant: str = "shop") -> Blob | None:
    with reading() as session:
        return session.get(Blob, (tenant, key))


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("data", [b"", b"x", bytes(range(256)) * 4096], ids=len)
def test_what_was_put_is_got_under_its_hash(data: bytes):
    key = blobs.put("shop", data)

    assert key == sha256(data).hexdigest()
    assert blobs.get("shop", key) == data


@pytest.mark.usefixtures("store")
def test_the_row_says_how_many_bytes_there_are_and_when_they_were_last_put():
    key = blobs.put("shop", b"shoe")
    first = _row(key)
    assert first is not None

    blobs.put("shop", b"shoe")

    again = _row(key)
    assert again is not None
    assert (first.bytes, again.bytes) == (4, 4)
    assert again.last_put_at >= first.last_put_at
    with reading() as session:
        assert len(session.scalars(select(Blob)).all()) == 1


@pytest.mark.usefixtures("store")
def test_another_tenant_does_not_have_them():
    key = blobs.put("shop", b"shoe")

    with pytest.raises(blobs.NotStored):
        blobs.get("another", key)


@pytest.mark.usefixtures("store")
def test_a_key_that_was_never_put_is_not_stored():
    with pytest.raises(blobs.NotStored):
        blobs.get("shop", "0" * 64)


@pytest.mark.usefixtures("sqlite_archive")
@pytest.mark.parametrize(
    ("tenant", "key"),
    [
        *(("shop", key) for key in ("", "0" * 63, "A" * 64, "../" + "0" * 61, "0" * 64 + "\n")),
        *((tenant, "0" * 64) for tenant in ("", "..", "a/b", "-a", "a" * 65, "shop\n", "ümlaut")),
    ],
)
def test_a_name_that_could_leave_the_store_is_refused(tenant: str, key: str):
    with pytest.raises(ValueError, match="tenant's name"):
        blobs.get(tenant, key)


@pytest.mark.usefixtures("store")
def test_a_bad_tenant_writes_neither_row_nor_bytes():
    with pytest.raises(ValueError, match="tenant's name"):
        blobs.put("..", b"shoe")

    assert _row(sha256(b"shoe").hexdigest(), "..") is None


def _file(home: Path, key: str) -> Path:
    return home / "blobs" / "shop" / key[:2] / key


def test_bytes_that_changed_on_disk_are_not_given_out(sqlite_archive: Path):
    key = blobs.put("shop", b"shoe")
    _file(sqlite_archive, key).write_bytes(b"boot")

    with pytest.raises(blobs.NotStored, match="changed"):
        blobs.get("shop", key)


def test_bytes_that_were_deleted_are_not_stored(sqlite_archive: Path):
    key = blobs.put("shop", b"shoe")
    _file(sqlite_archive, key).unlink()

    with pytest.raises(blobs.NotStored):
        blobs.get("shop", key)


def test_putting_them_again_mends_what_the_disk_lost(sqlite_archive: Path):
    key = blobs.put("shop", b"shoe")
    _file(sqlite_archive, key).write_bytes(b"boot")

    blobs.put("shop", b"shoe")

    assert blobs.get("shop", key) == b"shoe"


def test_many_threads_that_put_the_same_leave_one_whole_file(sqlite_archive: Path):
    data = bytes(100_000)

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: blobs.put("shop", data), range(24)))

    (key,) = keys
    assert [path.name for path in _files(sqlite_archive)] == [key]
    assert blobs.get("shop", key) == data


def _files(home: Path) -> list[Path]:
    return [path for path in (home / "blobs").rglob("*") if path.is_file()]


_ON_A_FULL_DISK = """
    import resource, sys
    from db import blobs
    kept = blobs.put("shop", b"shoe")
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
    try:
        blobs.put("shop", bytes(3_000_000))
    except blobs.StorageFull as error:
        assert isinstance(error.__cause__, OSError)
        assert blobs.get("shop", kept) == b"shoe"
        sys.exit(17)
"""


@pytest.mark.usefixtures("archive")
def test_a_full_disk_is_said_and_leaves_no_half_file(tmp_path: Path):
    child = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_ON_A_FULL_DISK)], capture_output=True, check=False
    )

    assert child.returncode == 17, child.stderr.decode()
    assert [path.name for path in _files(tmp_path)] == [sha256(b"shoe").hexdigest()]


def test_a_disk_without_room_for_a_name_is_full_too(
    sqlite_archive: Path, monkeypatch: pytest.MonkeyPatch
):
    def no_inodes(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("db.blobs.tempfile.mkstemp", no_inodes)

    with pytest.raises(blobs.StorageFull):
        blobs.put("shop", b"shoe")


def test_a_folder_that_may_not_be_written_is_not_called_full(
    sqlite_archive: Path,
):
    (sqlite_archive / "blobs").write_bytes(b"a file stands where the folder should")

    with pytest.raises(OSError, match="blobs") as raised:
        blobs.put("shop", b"shoe")

    assert not isinstance(raised.value, blobs.StorageFull)
