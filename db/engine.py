"""Connections and transactions: one commit, at the edge, by the `with` block."""

import importlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import RLock
from typing import Any, Final

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from db import acts, settings
from db.tables.all import Row

# Releases whose write-ahead log can be reset under a reader of another process.
_AFFECTED_SQLITE = ((3, 7, 0), (3, 51, 2))

# A server that is gone must be noticed, and a client that is gone or frozen must hold no locks:
# what it had locked, nobody else could claim, sweep or lead.
_POSTGRESQL: Final = {
    "application_name": "packshot",
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
_OPTIONS: Final = "-c statement_timeout=30s -c idle_in_transaction_session_timeout=2s"

# A row may point at any other table, so all of them are known before the first statement.
TABLES = Row.metadata.tables

# SQLite has one writer at a time; threads that queue here do not spin on a busy file.
_ONE_WRITER = RLock()
_TURN_S: Final = 10.0
"""As long as SQLite itself waits: behind a frozen writer nobody stands in line for ever."""


class UnsafeSqlite(RuntimeError):
    """The only SQLite at hand can corrupt a database that several processes write."""


@contextmanager
def transaction() -> Iterator[Session]:
    """A session that commits when its block ends and rolls back when it raises."""
    engine = _writer(settings.get().database_url())
    opened = Session(engine, expire_on_commit=False)
    with _turn(engine), opened as session, session.begin(), acts.noting(session):
        yield session
    acts.committed()


@contextmanager
def long_transaction() -> Iterator[Session]:
    """The same, for what does other work in between: deletes bytes, builds ten thousand rows."""
    with transaction() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("SET LOCAL idle_in_transaction_session_timeout = '60s'"))
        yield session


@contextmanager
def reading() -> Iterator[Session]:
    """A session for questions; it never holds the writer's place."""
    with Session(_reader(settings.get().database_url()), expire_on_commit=False) as session:
        yield session


def writer() -> Engine:
    """The engine that migrations run on."""
    return _writer(settings.get().database_url())


def dispose() -> None:
    """Forget every connection, for a process that changes its settings or forks."""
    for engines in (_writer, _reader):
        if engines.cache_info().currsize:
            engines(settings.get().database_url()).dispose()
        engines.cache_clear()


def sqlite_module() -> Any:
    """A SQLite without the write-ahead-log corruption: the wheel's, else the system's."""
    try:
        module: Any = importlib.import_module("pysqlite3")
    except ImportError:
        module = sqlite3
    first, last = _AFFECTED_SQLITE
    if first <= module.sqlite_version_info <= last:
        raise UnsafeSqlite(
            f"SQLite {module.sqlite_version} can corrupt a database that several processes use; "
            "install the pysqlite3 wheel, or name a PostgreSQL in DB_URL"
        )
    return module


@cache
def _writer(url: str) -> Engine:
    engine = _engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "begin", _begin_immediately)
    return engine


@cache
def _reader(url: str) -> Engine:
    engine = _engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "begin", _begin)
    return engine


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        # Asked before each use whether it lives: a server's restart is met by nobody.
        return create_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            pool_size=10,
            max_overflow=20,
            pool_timeout=10,
            connect_args=_postgresql(url),
        )
    database = make_url(url).database
    if database:
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url, hide_parameters=True, module=sqlite_module(), pool_size=10, max_overflow=40
    )
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _postgresql(url: str) -> dict[str, Any]:
    """What a connection asks for; options of the URL come last, so they win."""
    given = make_url(url)
    asked = {name: value for name, value in _POSTGRESQL.items() if name not in given.query}
    return asked | {"options": " ".join((_OPTIONS, *given.normalized_query.get("options", ())))}


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, and which one
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # what was answered with 202 survives a power cut (decision 0012)
        "busy_timeout=10000",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediately(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN")


@contextmanager
def _turn(engine: Engine) -> Iterator[None]:
    """This process's place in the line for SQLite's one writer.

    Raises:
        sqlalchemy.exc.OperationalError: whoever writes does not come to an end.
    """
    if engine.dialect.name != "sqlite":
        yield
        return
    if not _ONE_WRITER.acquire(timeout=_TURN_S):
        busy = TimeoutError(f"another thread has been writing for over {_TURN_S:g} s")
        raise OperationalError("BEGIN IMMEDIATE", None, busy)
    try:
        yield
    finally:
        _ONE_WRITER.release()
