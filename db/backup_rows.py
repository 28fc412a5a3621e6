"""The rows in a file and back: SQLite by its online backup, PostgreSQL by its own programs."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal

from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from db import engine, settings
from db.backup_inventory import BackupError

Told = Callable[[str, int, int], object]
"""What is being done, how much of it is done, and how much there is."""
Kind = Literal["sqlite", "postgresql"]

_PAGES: Final = 2_000
_WITHIN_S: Final = 24 * 3600
_LONGEST_ERROR: Final = 600


def kind() -> Kind:
    return "sqlite" if _url().get_backend_name() == "sqlite" else "postgresql"


def copy(to: Path, told: Told) -> str:
    """The rows as they are at one moment, while others write; the revision of their tables.

    Raises:
        BackupError: there are none, or PostgreSQL's programs are not here.
    """
    with engine.reading() as session:
        revision = MigrationContext.configure(session.connection()).get_current_revision()
        if revision is None:
            raise BackupError("there are no tables yet, so there is nothing to back up")
        if kind() == "sqlite":
            _copy_sqlite(session, to, told)
            return revision
    _dump_postgresql(to, told)
    return revision


def put_back(source: Path) -> None:
    """The rows of a file in place of what the database holds.

    Raises:
        BackupError: PostgreSQL's programs are not here, or refuse it.
    """
    engine.dispose()
    file = sqlite_file()
    if file is None:
        _restore_postgresql(source)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    for beside in ("-wal", "-shm"):  # the log of the database that goes is none of the new one's
        file.with_name(file.name + beside).unlink(missing_ok=True)
    shutil.move(source, file)


def are_there() -> bool:
    """Whether the database has tables already."""
    file = sqlite_file()
    return file.exists() if file else bool(inspect(engine.writer()).get_table_names())


def sqlite_file() -> Path | None:
    url = _url()
    return Path(url.database) if kind() == "sqlite" and url.database else None


def _copy_sqlite(session: Session, to: Path, told: Told) -> None:
    """Within the session's transaction pages stay as they are, so no step begins again."""
    source: Any = session.connection().connection.driver_connection
    target: Any = engine.sqlite_module().connect(str(to))
    try:
        source.backup(
            target, pages=_PAGES, progress=lambda _, left, total: told("rows", total - left, total)
        )
        target.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
    finally:
        target.close()


def _dump_postgresql(to: Path, told: Told) -> None:
    address = _address()
    instead = (
        f"pg_dump --format=custom --file=packshot.dump '{address}', and then copy the pictures"
    )
    told("rows", 0, 1)
    _run("pg_dump", ["--format=custom", "--no-owner", f"--file={to}", address], instead)
    told("rows", 1, 1)


def _restore_postgresql(dump: Path) -> None:
    # In one transaction: it is there whole, or what was there still is.
    options = ["--clean", "--if-exists", "--no-owner", "--single-transaction"]
    instead = f"pg_restore {' '.join(options)} --dbname='{_address()}' packshot.dump"
    _run("pg_restore", [*options, f"--dbname={_address()}", str(dump)], instead)


def _run(program: str, words: list[str], instead: str) -> None:
    """A program of PostgreSQL to its end; it gets the password through its environment."""
    found = shutil.which(program)
    if found is None:
        raise BackupError(
            f"{program} is not on the PATH: install PostgreSQL's client programs, or run where "
            f"they are: {instead}"
        )
    password = _url().password
    own = {"PGPASSWORD": str(password)} if password else {}
    ended = subprocess.run(  # noqa: S603
        [found, *words], env={**os.environ, **own}, capture_output=True, text=True,
        timeout=_WITHIN_S, check=False,
    )  # fmt: skip
    if ended.returncode:
        raise BackupError(f"{program}: {ended.stderr.strip()[:_LONGEST_ERROR]}")


def _address() -> str:
    """As PostgreSQL's programs take it, without the password."""
    url = _url().set(drivername="postgresql", password=None)
    return url.render_as_string(hide_password=False)


def _url() -> URL:
    return make_url(settings.get().database_url())
