"""An archive per test: on SQLite and, where it matters, on a real PostgreSQL as well."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import archives


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    with archives.postgresql() as url:
        yield url


@pytest.fixture
def sqlite_archive(
    empty_archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """An empty archive on SQLite; its folder."""
    shutil.copy(empty_archive, tmp_path / "packshot.db")
    with archives.opened(monkeypatch, tmp_path):
        yield tmp_path


@pytest.fixture
def postgresql_archive(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """An empty archive on PostgreSQL; the folder of its blobs."""
    with archives.opened(monkeypatch, tmp_path, url=postgresql_url):
        archives.empty()
        yield tmp_path


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def archive(request: pytest.FixtureRequest) -> Path:
    """An empty archive, once on each database that we promise to work on."""
    folder: Path = request.getfixturevalue(f"{request.param}_archive")
    return folder
