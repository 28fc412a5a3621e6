"""What tests share: an archive of their own, and the real app in front of it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from db import engine, migrate
from db import settings as db_settings
from workers import settings as worker_settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """DB_HOME with an SQLite at the newest revision, nothing in it, and no broker."""
    for name in ("DB_URL", "DB_BLOBS", "WORKER_RUNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DB_HOME", str(tmp_path))
    monkeypatch.setenv("WORKER_BROKER_URL", "memory://")
    _forget_settings()
    migrate.upgrade()
    yield tmp_path
    engine.dispose()
    _forget_settings()


def _forget_settings() -> None:
    engine.dispose()
    db_settings.get.cache_clear()
    worker_settings.get.cache_clear()


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The queues whose bell the API rang, in order; nobody hears it."""
    from api.routes import jobs

    queues: list[str] = []
    monkeypatch.setattr(jobs, "ring", queues.append)
    return queues


@pytest.fixture
def serve(home: Path, rung: list[str]) -> Iterator[Callable[..., TestClient]]:
    """A client of the real app, under settings given by name."""
    from contextlib import ExitStack

    from api.main import build_app
    from api.settings import ApiSettings

    with ExitStack() as open_clients:

        def start(**settings: object) -> TestClient:
            app = build_app(ApiSettings(**settings))  # type: ignore[arg-type]
            client = TestClient(app, base_url="http://localhost")
            return open_clients.enter_context(client)

        yield start


@pytest.fixture
def client(serve: Callable[..., TestClient]) -> TestClient:
    """A client of the real app, as it stands without any setting."""
    return serve()
