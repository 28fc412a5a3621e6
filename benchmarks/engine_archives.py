"""Archives to measure: an SQLite or a database of our own PostgreSQL, each in an empty folder."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks import settings
from benchmarks.chaos_cast import Actor
from benchmarks.chaos_postgresql import Postgresql
from db import engine, migrate


@dataclass(frozen=True, slots=True)
class Archive:
    """Tables of this build, without a row."""

    database: str
    home: Path
    url: str

    def enter(self, **told: str) -> dict[str, str]:
        """This process works on it from now on; the environment for children that do, too."""
        return settings.enter(self._environment() | told)

    def _environment(self) -> dict[str, str]:
        """Nobody hears its bell."""
        return {
            "DB_HOME": str(self.home),
            "DB_URL": self.url,
            "DB_SECRET_KEY": "of no use to anybody after the benchmark",
            "WORKER_BROKER_URL": "memory://",
            "API_REQUESTS_PER_MIN": "0",
            "OMP_NUM_THREADS": "1",
        }


class Archives:
    """Makes archives of one kind of database, as many as are asked for."""

    def __init__(self, database: str, folder: Path, server: Postgresql | None) -> None:
        self.database = database
        self._folder, self._server = folder, server

    def new(self, name: str) -> Archive:
        """An empty one, entered."""
        home = self._folder / name
        home.mkdir(parents=True)
        archive = Archive(self.database, home, self._created(name))
        archive.enter()
        migrate.upgrade()
        return archive

    def _created(self, name: str) -> str:
        if self._server is None:
            return ""
        with psycopg.connect(
            host=str(self._server.folder), user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self._server.url.replace("/postgres?", f"/{name}?")


@contextmanager
def sqlite(folder: Path) -> Iterator[Archives]:
    """SQLites, for the block."""
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        yield Archives("sqlite", folder / "sqlite", None)


@contextmanager
def archives(folder: Path) -> Iterator[list[Archives]]:
    """Both kinds, for the block; PostgreSQL keeps all it promises about durability."""
    with ExitStack() as stack:
        server = Postgresql(folder / "server")
        postmaster = Actor(
            "postgresql", server.command(), dict(os.environ), folder / "postgresql.log"
        )
        stack.callback(postmaster.end)
        stack.callback(server.stop_immediately)
        postmaster.start()
        server.wait()
        stack.callback(engine.dispose)
        yield [
            Archives("sqlite", folder / "sqlite", None),
            Archives("postgresql", folder / "postgresql", server),
        ]
