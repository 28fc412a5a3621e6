"""What tests share: an archive of their own, and the real app in front of it."""

import gc
import logging
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import structlog
from starlette.testclient import TestClient

from tests import archives, issued
from workers import queues
from workers import settings as worker_settings

# As `db.logs` would for a process of its own; what it did is no part of a test's output.
structlog.configure(
    wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
    logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # which is another in each test
)


# Eleven thousand tests stay to the end: each look for garbage among them took two seconds.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def _same_weights() -> None:
    """Networks start alike whichever tests ran before: pytest-randomly does not seed torch."""
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)


@pytest.fixture(scope="session")
def empty_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite without a row, to copy."""
    return archives.migrated_sqlite(tmp_path_factory.mktemp("empty"))


@pytest.fixture
def home(empty_archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """DB_HOME with an SQLite at the newest revision, nothing in it, and a broker in memory."""
    shutil.copy(empty_archive, tmp_path / "packshot.db")
    monkeypatch.setenv("WORKER_BROKER_URL", "memory://")
    monkeypatch.delenv("WORKER_RUNS", raising=False)
    worker_settings.get.cache_clear()
    with archives.opened(monkeypatch, tmp_path):
        yield tmp_path
        queues._bell._rung.clear()  # what rings a moment later would be the next test's
    worker_settings.get.cache_clear()


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    with archives.postgresql() as url:
        yield url


@pytest.fixture
def postgresql_archive(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """An empty archive on PostgreSQL; the folder of its blobs."""
    with archives.opened(monkeypatch, tmp_path, url=archives.patient(postgresql_url)):
        archives.empty()
        yield tmp_path


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The queues whose bell the API rang, in order; nobody hears it."""
    from api.routes import batches, deliveries, jobs, webhooks

    queues: list[str] = []
    for routes in (batches, deliveries, jobs, webhooks):
        monkeypatch.setattr(routes, "ring", queues.append)
    return queues


@pytest.fixture
def api_key(home: Path) -> str:
    """A key of the shop that opens everything."""
    return issued.key()


@pytest.fixture
def serve(home: Path, rung: list[str], api_key: str) -> Iterator[Callable[..., TestClient]]:
    """Starts the real app under settings given by name, and gives a client with the shop's key."""
    from api.main import build_app
    from api.settings import ApiSettings

    with ExitStack() as started:

        def start(*, key: str = api_key, **settings: object) -> TestClient:
            app = build_app(ApiSettings.model_validate(settings))
            client = TestClient(app, base_url="http://localhost", headers=issued.headers(key))
            return started.enter_context(client)

        yield start


@pytest.fixture
def client(serve: Callable[..., TestClient]) -> TestClient:
    """A client of the real app, as it stands without any setting."""
    return serve()


@pytest.fixture
def other_shop(serve: Callable[..., TestClient]) -> TestClient:
    """A client that belongs to another tenant, and is no operator."""
    return serve(key=issued.key("other", scopes=issued.SHOPS))


@pytest.fixture(scope="session")
def graphics() -> None:
    """Skips where no picture can be rendered."""
    from models.data.renderer import NoGraphicsError, Studio

    try:
        with Studio():
            pass
    except NoGraphicsError as error:
        pytest.skip(f"no OpenGL here: {error}")
