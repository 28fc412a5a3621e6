"""The tables' revision: bring it up to date, or refuse to work on another."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from db import engine, pgvector
from db.tables import campaign_arms, published_results

# One process at a time migrates; any number that no other lock of this database uses.
_POSTGRESQL_LOCK = 7_225_744
VIEWS = (published_results, campaign_arms)


class WrongRevision(RuntimeError):
    """The tables are of another build."""


def upgrade(revision: str = "head") -> None:
    """Bring the tables to a revision; the views are made anew around it."""
    with engine.writer().connect() as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            # An index over a million rows takes as long as it takes.
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_POSTGRESQL_LOCK})"))
        drop_views(connection)
        command.upgrade(_config(connection), revision)
        if revision == "head":
            for view in VIEWS:
                connection.execute(text(view.CREATE))
            pgvector.prepare(connection)


def drop_views(connection: Connection) -> None:
    """No table can be changed under them."""
    for view in VIEWS:
        connection.execute(text(view.DROP))


def check() -> None:
    """Refuse tables of another revision.

    Raises:
        WrongRevision: with the command that mends it.
    """
    # Reading: this is asked of a house at work, and must not wait for whoever writes.
    with engine.reading() as session:
        found = MigrationContext.configure(session.connection()).get_current_revision()
    expected = newest_revision()
    if found != expected:
        raise WrongRevision(
            f"the database is at revision {found or 'none'}, this build needs {expected}; "
            "run `packshot init`"
        )


def newest_revision() -> str | None:
    return ScriptDirectory.from_config(_config(None)).get_current_head()


def revisions() -> set[str]:
    """All that this build knows, and can bring up to date."""
    scripts = ScriptDirectory.from_config(_config(None))
    return {script.revision for script in scripts.walk_revisions()}


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
