"""`packshot backup` and `restore`: a house is wiped and comes back, in words and as JSON."""

import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import func, select

from api import alone
from api.exits import Exit
from db import blobs, engine
from db.engine import reading
from db.tables.all import Result
from tests import kept, rows

Run = Callable[..., int]
BETTER = sha256(b"better").hexdigest()


def _results() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Result)) or 0


def _wiped(home: Path) -> None:
    engine.dispose()
    for path in home.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.fixture
def archive(home: Path, packshot: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a house with one result."""
    kept.made(kept.picture(b"shoe"), data=b"better")
    file = tmp_path_factory.mktemp("safe") / "kept.tar"
    assert packshot("backup", str(file)) == Exit.DONE
    return file


def test_a_wiped_house_comes_back(
    home: Path, packshot: Run, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _wiped(home)

    code = packshot("restore", str(archive))

    told = capsys.readouterr().out
    assert code == Exit.DONE
    assert "1 jobs, 1 results" in told
    assert "2 files of pictures" in told
    assert _results() == 1
    assert blobs.get(rows.TENANT, BETTER) == b"better"


def test_programs_are_told_the_same(
    home: Path, packshot: Run, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    packshot("backup", str(archive.with_name("more.tar")), "--json")
    made = json.loads(capsys.readouterr().out)
    packshot("restore", str(archive), "--force", "--json")
    back = json.loads(capsys.readouterr().out)

    assert (made["database"], made["pictures"], made["has_secrets"]) == ("sqlite", 2, False)
    assert back["rows"]["result"] == 1
    assert back["revision"] == made["revision"]


def test_a_house_in_use_is_not_replaced_and_the_file_not_written_over(
    home: Path, packshot: Run, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = packshot("backup", str(archive))
    unforced = packshot("restore", str(archive))
    with alone.in_folder(home, "http://localhost"):
        while_up = packshot("restore", str(archive), "--force")

    told = capsys.readouterr().err
    assert (again, unforced, while_up) == (Exit.FAILED, Exit.FAILED, Exit.FAILED)
    for words in ("is there already", "--force puts", "already up in"):
        assert words in told


def test_a_backup_without_some_bytes_ends_with_one_and_names_them(
    home: Path, packshot: Run, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (rotten,) = home.glob(f"blobs/*/*/{BETTER}")
    rotten.write_bytes(b"worse")

    assert packshot("backup", str(archive.with_name("more.tar"))) == Exit.FAILED

    assert rotten.name in capsys.readouterr().err
