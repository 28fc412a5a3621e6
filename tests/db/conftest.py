"""An archive per test: on SQLite and, where it matters, on a real PostgreSQL as well."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from db import blobs, settings
from db.stores import Store
from tests import archives, s3


@pytest.fixture
def sqlite_archive(
    empty_archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """An empty archive on SQLite; its folder."""
    shutil.copy(empty_archive, tmp_path / "packshot.db")
    with archives.opened(monkeypatch, tmp_path):
        yield tmp_path


@pytest.fixture
def impatient_archive(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """The same with the time-outs that a service has."""
    with archives.opened(monkeypatch, tmp_path, url=postgresql_url):
        archives.empty()
        yield tmp_path


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def archive(request: pytest.FixtureRequest) -> Path:
    """An empty archive, once on each database that we promise to work on."""
    folder: Path = request.getfixturevalue(f"{request.param}_archive")
    return folder


@pytest.fixture(scope="session")
def s3_environment() -> Iterator[dict[str, str]]:
    with s3.server() as environment:
        yield environment


@pytest.fixture(params=["folder", "memory", pytest.param("s3", marks=pytest.mark.s3)])
def store_url(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """The address of an empty store of each kind that we promise to work on."""
    if request.param == "folder":
        return str(tmp_path / "blobs")
    if request.param == "memory":
        return "memory://"
    for name, value in request.getfixturevalue("s3_environment").items():
        monkeypatch.setenv(name, value)
    return f"s3://{s3.BUCKET}/{uuid4()}/below"


@pytest.fixture
def store(archive: Path, store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The archive's own, on each database."""
    monkeypatch.setenv("DB_BLOBS", store_url)
    settings.get.cache_clear()
    blobs._store.cache_clear()
    yield blobs.store()
    blobs._store.cache_clear()
