"""The one statement that SQLite and PostgreSQL have in two dialects: insert, or what then."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db.tables.base import Row

Statement = postgresql.Insert | sqlite.Insert


def insert(session: Session, table: type[Row]) -> Statement:
    """An INSERT of the session's own dialect."""
    return insert_of(session.get_bind().dialect.name, table)


def insert_of(dialect: str, table: type[Row]) -> Statement:
    """An INSERT of a dialect by its name."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def insert_once(session: Session, table: type[Row], values: Mapping[str, Any]) -> Insert:
    """INSERT that leaves a row alone which is there already."""
    return insert(session, table).values(**values).on_conflict_do_nothing()


def upsert(
    session: Session, table: type[Row], values: Mapping[str, Any], *, update: tuple[str, ...]
) -> Insert:
    """INSERT, or on the same primary key set the named columns."""
    statement = insert(session, table).values(**values)
    keys = [column.name for column in table.__table__.primary_key]
    return statement.on_conflict_do_update(
        index_elements=keys, set_={name: values[name] for name in update}
    )
